import { STACK_NAMES, type StackName } from "../../contract/stacks";

/**
 * A first deployment, in the order that works: the state's bucket before any state, the secondary before the key
 * pair that lives on it, and both stores before the function that copies between them.
 */
export const STEP_IDS = [
  "checks",
  "synthesize",
  "state",
  "mirror",
  "secondary",
  "enroll",
  "primary",
  "replication",
  "edge",
  "proof",
] as const;

export type StepId = (typeof STEP_IDS)[number];

/** Without these two nothing else is known, so that they are part of every run. */
const ALWAYS: readonly StepId[] = ["checks", "synthesize"];

export const STEP_TITLES: Readonly<Record<StepId, string>> = {
  checks: "checks",
  synthesize: "synthesize",
  state: "state bucket",
  mirror: "plugin mirror",
  secondary: "secondary",
  enroll: "enroll",
  primary: "primary",
  replication: "replication",
  edge: "edge",
  proof: "proof",
};

/** What is said before a person agrees to a stack; each is billed by somebody. */
export const STACK_CONSEQUENCES: Readonly<Record<StackName, string>> = {
  secondary: "DigitalOcean bills the droplet, its volume and its address by the hour, used or not.",
  primary: "AWS bills the bucket by what it holds and by requests.",
  replication: "AWS bills the function, its logs and its alarms by use.",
  edge: "Cloudflare bills load balancing as an add-on of the zone; readers of the public name are served from here on.",
};

export interface Selection {
  /** First step of what is to be done. @default - the first */
  readonly from?: StepId;
  /** The only step to be done. @default - all */
  readonly only?: StepId;
}

export function isStackStep(id: StepId): id is StackName {
  return STACK_NAMES.some((name) => name === id);
}

/** The steps of one run, in order. */
export function selectedSteps({ from, only }: Selection): readonly StepId[] {
  const last = only === undefined ? STEP_IDS.length - 1 : STEP_IDS.indexOf(only);
  const first = only === undefined ? STEP_IDS.indexOf(from ?? "checks") : last;
  return STEP_IDS.filter((id, index) => index <= last && (index >= first || ALWAYS.includes(id)));
}
