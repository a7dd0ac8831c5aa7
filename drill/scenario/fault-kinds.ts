import type { OutageKind } from "../../lib/objectives";

/** What a fault may be injected into. */
export const FAULT_TARGETS = [
  "primary",
  "secondary",
  /** The primary, Secrets Manager beside it, and the replicator: nothing of that cloud answers. */
  "aws",
  "cloudflare-api",
  /** Resolvers of the marker. */
  "resolvers",
  "secrets",
  /** The monitors' probes from some regions. */
  "probes",
  /** The replicator's own process. */
  "function",
] as const;

export type FaultTarget = (typeof FAULT_TARGETS)[number];

/** How a store can be out of order. */
const STORE_FAULTS = [
  /** SIGKILL: connections are refused. */
  "killed",
  "answers-500",
  "answers-503",
  "answers-403",
  /** Accepts connections and never answers. */
  "hangs",
  /** Answers after `seconds` of the real deployment. */
  "slow",
  /** The health object has another body; everything else is well. */
  "wrong-health-body",
  /** The health object is well; everything else answers 500. */
  "data-path-broken",
  "tls-expired",
  /** The origin's host name has no address any more. */
  "dns-lost",
  /** A `share` of the exchanges is cut half way. */
  "cut",
  /** Answers 503 SlowDown above `perSecond` requests a second of this machine. */
  "throttled",
  /** No byte more fits on the store's disk. */
  "disk-full",
  /** The store's clock is wrong by `minutes`. */
  "clock-skewed",
  /** No connection comes about. */
  "unreachable",
] as const;

/** What may happen to which target. */
export const FAULTS = {
  primary: STORE_FAULTS,
  secondary: STORE_FAULTS,
  aws: ["unreachable"],
  "cloudflare-api": ["answers-429", "answers-500", "answers-503", "hangs", "unreachable"],
  resolvers: ["unreadable", "disagreeing"],
  secrets: ["answers-500", "hangs", "unreachable"],
  probes: ["lost"],
  function: ["clock-skewed", "killed"],
} as const satisfies Readonly<Record<FaultTarget, readonly string[]>>;

export type StoreFault = (typeof STORE_FAULTS)[number];

export type FaultKind = (typeof FAULTS)[FaultTarget][number];

/** Every kind, each once. */
export const FAULT_KINDS: readonly FaultKind[] = [...new Set(FAULT_TARGETS.flatMap((one) => FAULTS[one]))];

/** Which of the plan's predictions says for how long reads fail; null where none does. */
export const OUTAGE_OF: Readonly<Record<StoreFault, OutageKind | null>> = {
  killed: "unreachable",
  unreachable: "unreachable",
  // 526: the edge tries the other pool at once.
  "tls-expired": "unreachable",
  "answers-500": "refusing",
  "answers-503": "refusing",
  "answers-403": "refusing",
  "wrong-health-body": "refusing",
  // 530 is not among the codes after which the edge tries another pool.
  "dns-lost": "refusing",
  hangs: "hanging",
  slow: "hanging",
  "data-path-broken": null,
  cut: null,
  throttled: null,
  "disk-full": null,
  "clock-skewed": null,
};

/** A store that answers late: monitors give it up after their time-out, and see nothing below it. */
export function outageOf(
  fault: StoreFault,
  slowSeconds: number | undefined,
  timeoutSeconds: number,
): OutageKind | null {
  if (fault === "slow" && (slowSeconds ?? 0) < timeoutSeconds) return null;
  return OUTAGE_OF[fault];
}
