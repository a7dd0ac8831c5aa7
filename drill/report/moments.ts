import type { FaultKind, FaultTarget } from "../evidence/fault-kinds";
import type { RunHistory } from "../evidence/run-history";
import { amount } from "./wording";

/** Something that changed, in words. */
export interface Moment {
  /** Milliseconds of the machine, like an event's. */
  readonly at: number;
  readonly what: string;
}

/** The demo's phases; a scenario's are called what its file calls them. */
const PHASE_NAMES: Readonly<Record<string, string>> = {
  seed: "first copy",
  steady: "all well",
  kill: "killed",
  reverse: "catching up",
};

/** `standby-fails` as `standby fails`. */
export function phaseName(phase: string): string {
  return PHASE_NAMES[phase] ?? phase.replaceAll("-", " ");
}

const TARGET_WORDS: Readonly<Partial<Record<FaultTarget, string>>> = {
  "cloudflare-api": "Cloudflare's API",
  resolvers: "the marker's resolvers",
  secrets: "Secrets Manager",
  probes: "the monitors' probes",
  function: "the replicator's process",
};

export function targetName(target: FaultTarget): string {
  return TARGET_WORDS[target] ?? target;
}

const FAULT_WORDS: Readonly<Partial<Record<FaultKind, string>>> = {
  killed: "is killed",
  unreachable: "can no longer be reached",
  "answers-403": "answers 403 to everything",
  "answers-429": "answers 429 to everything",
  "answers-500": "answers 500 to everything",
  "answers-503": "answers 503 to everything",
  hangs: "accepts connections and never answers",
  slow: "answers late",
  cut: "cuts connections off",
  throttled: "throttles",
  "wrong-health-body": "has the wrong health object",
  "health-object-removed": "has no health object",
  "pool-disabled": "has its pool switched off",
  "data-path-broken": "serves its health object and nothing else",
  "tls-expired": "shows a certificate that has expired",
  "dns-lost": "has no address any more",
  "disk-full": "has no room left",
  "clock-skewed": "has the wrong time",
  unreadable: "do not answer",
  disagreeing: "do not agree",
  "region-lost": "are gone from a region",
};

/** What the picture shows, as a list that can be read aloud. */
export function momentsOf(history: RunHistory): readonly Moment[] {
  const fence = history.fenceMilliseconds;
  return [
    ...history.of("fault").map(({ at, target, fault, detail }) => ({
      at,
      what: `${targetName(target)} ${fault === "none" ? (target === "resolvers" || target === "probes" ? "are mended" : "is mended") : (FAULT_WORDS[fault] ?? fault)}${detail === undefined ? "" : ` (${detail})`}`,
    })),
    ...history.of("pool").map(({ at, store, healthy }) => ({
      at,
      what: `the edge's monitors find ${store} ${healthy ? "healthy" : "unhealthy"}`,
    })),
    ...history.flips.flatMap(({ at, to, orderedAt }) => [
      { at, what: `flip: ${to} is active` },
      ...(orderedAt === undefined || orderedAt === at
        ? []
        : [{ at: orderedAt, what: `the load balancer puts ${to} first` }]),
      { at: at + fence, what: "the fence is over: no older reading of the marker can act" },
    ]),
    ...history.of("operator").map(({ at, command, exitCode, outcome, reasons = [] }) => ({
      at,
      what: `operator: ${command.join(" ")} ${outcome ?? (exitCode === 0 ? "done" : "failed")} (exit code ${exitCode ?? "none"})${reasons.length === 0 ? "" : `: ${reasons.join("; ")}`}`,
    })),
    ...history.of("marker").map(({ at, marker }) => ({
      at,
      what: marker.writesPaused ? "the marker asks writers to pause" : "the marker lets writers go on",
    })),
    ...history.of("writer").map(({ at, store, state }) => ({
      at,
      what: state === "paused" ? "the writer holds back" : `the writer writes to ${store}`,
    })),
    ...history.of("parity").map(({ at, objects, differences }) => ({
      at,
      what: `both stores compared: ${amount(objects, "object")}, ${amount(differences.length, "difference")}`,
    })),
  ].sort((left, right) => left.at - right.at);
}
