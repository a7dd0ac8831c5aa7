import type { ObjectClient } from "../../lambda/s3/object-client";
import { StoreError } from "../../lambda/s3/store-error";
import type { Capability, Need, Observation } from "./capability";
import { LISTING_CAPABILITIES } from "./listing-capabilities";
import { MULTIPART_CAPABILITIES } from "./multipart-capabilities";
import { ProbeDesk } from "./probe-desk";
import { VERSION_CAPABILITIES } from "./version-capabilities";
import { WRITE_CAPABILITIES } from "./write-capabilities";

/** Later ones build on what earlier ones wrote. */
export const CAPABILITIES: readonly Capability[] = [
  ...WRITE_CAPABILITIES,
  ...MULTIPART_CAPABILITIES,
  ...VERSION_CAPABILITIES,
  ...LISTING_CAPABILITIES,
];

export interface ProbedCapability extends Observation {
  readonly id: string;
  readonly title: string;
  readonly need: Need;
  /** What it means for replication; absent where the capability is there. */
  readonly means?: string;
}

export type Verdict = "suitable" | "suitable-without-deletions" | "not-suitable" | "undecided";

export interface ProbeReport {
  readonly verdict: Verdict;
  readonly capabilities: readonly ProbedCapability[];
  /** Keys that could not be removed again; of each, older versions may be left too. */
  readonly left: readonly string[];
}

export interface ProbeRequest {
  readonly client: ObjectClient;
  /** Aborted by Ctrl-C: looked at between capabilities; what was written is removed all the same. */
  readonly signal: AbortSignal;
  readonly onProbed?: (capability: ProbedCapability) => void;
}

/**
 * Tries what replication wants of a store, below its own prefix, and removes what it wrote.
 *
 * @throws StoreError when the store cannot be reached, or lets nobody in
 */
export async function probeStore({ client, signal, onProbed }: ProbeRequest): Promise<ProbeReport> {
  const desk = new ProbeDesk(client);
  // Asked for first: whoever may not even list is told so, and not twenty times.
  await client.list({ limit: 1 });
  await desk.clear();
  const capabilities: ProbedCapability[] = [];
  let left: readonly string[] = [];
  try {
    for (const capability of CAPABILITIES) {
      signal.throwIfAborted();
      const probed = await observed(capability, desk);
      capabilities.push(probed);
      onProbed?.(probed);
    }
  } finally {
    left = await desk.clear();
  }
  return { verdict: verdictOf(capabilities), capabilities, left };
}

async function observed(capability: Capability, desk: ProbeDesk): Promise<ProbedCapability> {
  const { id, title, need, without } = capability;
  const seen = await capability.try(desk).catch((error: unknown) => observationOf(error));
  return { id, title, need, ...seen, ...(seen.result !== "yes" && { means: without }) };
}

/** An error that says something about the store; every other one is none about this capability. */
function observationOf(error: unknown): Observation {
  if (!(error instanceof StoreError)) throw error;
  switch (error.kind) {
    case "access-denied":
      return { result: "unknown", detail: "these credentials may not try it" };
    case "unreachable":
    case "timeout":
    case "throttled":
    case "clock-skew":
      throw error;
    case "archived":
    case "server-error":
      return { result: "unknown", detail: error.message };
    case "not-found":
    case "precondition-failed":
    case "malformed-answer":
    case "refused":
      return { result: "no", detail: error.message };
  }
}

/** What the capabilities come to. */
export function verdictOf(capabilities: readonly Pick<ProbedCapability, "need" | "result">[]): Verdict {
  const lacks = (need: Need, result: Observation["result"]) =>
    capabilities.some((one) => one.need === need && one.result === result);
  if (lacks("required", "no")) return "not-suitable";
  if (lacks("required", "unknown")) return "undecided";
  return lacks("deletions", "no") || lacks("deletions", "unknown")
    ? "suitable-without-deletions"
    : "suitable";
}
