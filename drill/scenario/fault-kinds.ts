import type { FaultKind, FaultTarget } from "../evidence/fault-kinds";

/** How a store can be out of order. */
const STORE_FAULTS = [
  "killed",
  "unreachable",
  "answers-403",
  "answers-500",
  "answers-503",
  "hangs",
  "slow",
  "cut",
  "throttled",
  "wrong-health-body",
  "data-path-broken",
  "tls-expired",
  "dns-lost",
  "disk-full",
  "clock-skewed",
] as const satisfies readonly FaultKind[];

/** What a scenario may break, and how. */
export const FAULTS = {
  primary: STORE_FAULTS,
  secondary: STORE_FAULTS,
  /** The primary, Secrets Manager beside it, and the replicator: nothing of that cloud answers. */
  aws: ["unreachable"],
  "cloudflare-api": ["answers-429", "answers-500", "answers-503", "hangs", "unreachable"],
  /** Resolvers of the marker: both, or for `disagreeing` one of them. */
  resolvers: ["unreadable", "disagreeing"],
  secrets: ["answers-500", "hangs", "unreachable"],
  /** The monitors' probes of some regions. */
  probes: ["region-lost"],
  /** The replicator's own process. */
  function: ["killed", "clock-skewed"],
} as const satisfies Readonly<Record<FaultTarget | "aws", readonly FaultKind[]>>;

export type BreakableTarget = keyof typeof FAULTS;

export const BREAKABLE_TARGETS = Object.keys(FAULTS) as readonly BreakableTarget[];
