import { STORE_NAMES } from "../../contract/stores";
import type { OutageKind } from "../../lib/objectives";

/** What can be broken on purpose. A whole cloud is several of them, each with an event of its own. */
export const FAULT_TARGETS = [
  ...STORE_NAMES,
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

/** How something can be broken. */
export const FAULT_KINDS = [
  /** SIGKILL: connections are refused. */
  "killed",
  /** No connection comes about. */
  "unreachable",
  "answers-403",
  "answers-429",
  "answers-500",
  "answers-503",
  /** Accepts connections and never answers. */
  "hangs",
  /** Answers late. */
  "slow",
  /** Some connections end in the middle of a body. */
  "cut",
  /** Answers 503 SlowDown above so many requests a second. */
  "throttled",
  /** The health object has another body; everything else is well. */
  "wrong-health-body",
  /** There is no health object; everything else is well. */
  "health-object-removed",
  /** Somebody switched the store's pool off at Cloudflare; the store is well. */
  "pool-disabled",
  /** The health object is well; everything else answers 500. */
  "data-path-broken",
  "tls-expired",
  /** The origin's host name has no address any more. */
  "dns-lost",
  "disk-full",
  "clock-skewed",
  /** Resolvers that do not answer. */
  "unreadable",
  /** Resolvers that answer differently. */
  "disagreeing",
  "region-lost",
] as const;

export type FaultKind = (typeof FAULT_KINDS)[number];

/**
 * As which kind of outage the plan predicts a store's fault; null for faults of which monitors see nothing, or nothing that
 * can be said beforehand. `slow` is one or the other by its delay: its event says so.
 */
const OUTAGE_OF_FAULT: Readonly<Record<FaultKind, OutageKind | null>> = {
  killed: "unreachable",
  unreachable: "unreachable",
  // 526: the edge tries the other pool at once.
  "tls-expired": "unreachable",
  "answers-403": "refusing",
  "answers-429": "refusing",
  "answers-500": "refusing",
  "answers-503": "refusing",
  "wrong-health-body": "refusing",
  "health-object-removed": "refusing",
  // 530 is not among the codes after which the edge tries another pool.
  "dns-lost": "refusing",
  hangs: "hanging",
  // No monitor has to notice anything.
  "pool-disabled": null,
  slow: null,
  cut: null,
  throttled: null,
  "data-path-broken": null,
  "disk-full": null,
  "clock-skewed": null,
  unreadable: null,
  disagreeing: null,
  "region-lost": null,
};

export function outageOfFault(fault: FaultKind): OutageKind | null {
  return OUTAGE_OF_FAULT[fault];
}
