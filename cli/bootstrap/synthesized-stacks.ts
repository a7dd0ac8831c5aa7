import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { STACK_NAMES, type StackName } from "../../contract/stacks";
import { errorCode } from "../../drill/machine/caught-error";
import { at, isObject, member, type PlanObject, text, textAt } from "../../operate/runbook/plan-walk";
import { chosenPrefix, prefixedStackName, STACK_PREFIX_OPTION, stackPrefixes } from "../stores/stack-sets";
import { WrongUseError } from "../wrong-use-error";
import { type RequiredProvider, requiredProviders } from "./required-providers";
import { type StatePlace, statePlace } from "./state-place";

/** One stack as the app wrote it. */
export interface SynthesizedStack {
  /** What it is for. */
  readonly name: StackName;
  /** What it is deployed as. */
  readonly deployedAs: string;
  /** Where Terraform runs, relative to the output folder. */
  readonly workingDirectory: string;
  readonly json: PlanObject;
  readonly state: StatePlace;
  readonly providers: readonly RequiredProvider[];
}

export interface SynthesizedApp {
  /** Begins the names of its stacks; an empty text where nothing does. */
  readonly stackPrefix: string;
  /** Words by which another command finds the same stacks; none where the app has no others. */
  readonly chosenBy: readonly string[];
  readonly stacks: Readonly<Record<StackName, SynthesizedStack>>;
  /** Annotations that the app left for whoever deploys. */
  readonly warnings: readonly string[];
}

/**
 * Reads what an app wrote, and finds the four stacks by their names.
 *
 * @param stackPrefix - of the set that is meant @default - that of the only one
 * @throws WrongUseError when a stack is missing, or when it cannot be told which are meant
 */
export async function readSynthesizedApp(
  outputFolder: string,
  stackPrefix: string | undefined,
): Promise<SynthesizedApp> {
  const manifest = await readJson(join(outputFolder, "manifest.json"));
  const written = member(manifest, "stacks");
  const names = Object.keys(written);
  const prefix = chosenPrefix(names, stackPrefix, "the app");
  if (prefix === undefined) {
    const missing = STACK_NAMES.filter((name) => !(name in written));
    throw new WrongUseError(
      `the app has no stack called ${missing.join(", ")}; it has: ${names.join(", ") || "none"}. ` +
        "bootstrap deploys what StorageFailover makes",
    );
  }
  const entry = (name: StackName) => member(written, prefixedStackName(prefix, name));
  const read = (name: StackName) =>
    readStack(outputFolder, { name, deployedAs: prefixedStackName(prefix, name) }, entry(name));
  const [primary, secondary, replication, edge] = await Promise.all([
    read("primary"),
    read("secondary"),
    read("replication"),
    read("edge"),
  ]);
  return {
    stackPrefix: prefix,
    chosenBy: stackPrefixes(names).length > 1 ? [STACK_PREFIX_OPTION, prefix] : [],
    stacks: { primary, secondary, replication, edge },
    warnings: STACK_NAMES.flatMap((name) => warningsOf(entry(name))),
  };
}

/** The host name that readers use. */
export function publicHostname({ stacks }: SynthesizedApp): string | undefined {
  return textAt(stacks.edge.json, "output", "hostname", "value");
}

/** Whether the secondary is a droplet of ours, and not a server that somebody else runs. */
export function hasDroplet({ stacks }: SynthesizedApp): boolean {
  return Object.keys(member(stacks.secondary.json, "resource", "digitalocean_droplet")).length > 0;
}

/** Host name of the droplet, as its address record says. */
export function originHost({ stacks }: SynthesizedApp): string | undefined {
  const records = Object.values(member(stacks.secondary.json, "resource", "cloudflare_dns_record"));
  return textAt(
    records.find((one) => textAt(one, "type") === "A"),
    "name",
  );
}

/** Whether the stores serve only readers who send a secret. */
export function hasOriginSecret({ stacks }: SynthesizedApp): boolean {
  return "origin_secret" in member(stacks.edge.json, "variable");
}

/** AWS region of the replicator, where its secret is; undefined where the environment says it. */
export function replicationRegion({ stacks }: SynthesizedApp): string | undefined {
  return text(at(stacks.replication.json, "provider", "aws", "region"));
}

/** Whether a stack has anything to create: one over a server that exists may be empty. */
export function isEmpty({ json }: SynthesizedStack): boolean {
  return Object.keys(member(json, "resource")).length === 0;
}

async function readStack(
  outputFolder: string,
  names: Pick<SynthesizedStack, "name" | "deployedAs">,
  entry: PlanObject,
): Promise<SynthesizedStack> {
  const folder = join("stacks", names.deployedAs);
  const path = textAt(entry, "synthesizedStackPath") ?? join(folder, "cdk.tf.json");
  const workingDirectory = textAt(entry, "workingDirectory") ?? folder;
  const json = await readJson(join(outputFolder, path));
  return { ...names, workingDirectory, json, state: statePlace(json), providers: requiredProviders(json) };
}

function warningsOf(entry: PlanObject): readonly string[] {
  const annotations = Array.isArray(entry.annotations) ? entry.annotations.filter(isObject) : [];
  return annotations
    .filter(({ level }) => String(level).includes("warn"))
    .map((one) => textAt(one, "message") ?? "");
}

async function readJson(file: string): Promise<PlanObject> {
  try {
    const value: unknown = JSON.parse(await readFile(file, "utf8"));
    return isObject(value) ? value : {};
  } catch (error) {
    if (errorCode(error) !== "ENOENT") throw error;
    throw new WrongUseError(
      `the app wrote no ${file}; it has to end with app.synth(), and to leave the folder to CDKTF_OUTDIR`,
    );
  }
}
