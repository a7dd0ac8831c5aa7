import type { Phase } from "../evidence/events";
import type { RunHistory } from "../evidence/run-history";

/** Something that changed, in words. */
export interface Moment {
  /** Milliseconds of the machine, like an event's. */
  readonly at: number;
  readonly what: string;
}

export const PHASE_NAMES: Readonly<Record<Phase, string>> = {
  load: "load",
  seed: "first copy",
  steady: "all well",
  outage: "outage",
  recovered: "recovered",
  kill: "killed",
  failover: "failover",
  reverse: "catching up",
  failback: "failback",
  verify: "verify",
};

const FAULT_WORDS = {
  "answers-503": "answers 503 to everything",
  killed: "is killed",
  none: "is back",
} as const;

/** What the picture shows, as a list that can be read aloud. */
export function momentsOf(history: RunHistory): readonly Moment[] {
  const fence = history.fenceMilliseconds;
  return [
    ...history.of("fault").map(({ at, store, fault }) => ({ at, what: `${store} ${FAULT_WORDS[fault]}` })),
    ...history.of("pool").map(({ at, store, healthy }) => ({
      at,
      what: `the edge's monitors find ${store} ${healthy ? "healthy" : "unhealthy"}`,
    })),
    ...history.flips.flatMap(({ at, to }) => [
      { at, what: `flip: ${to} is active` },
      { at: at + fence, what: "the fence is over: no older reading of the marker can act" },
    ]),
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
      what: `both stores compared: ${objects} objects, ${differences.length} differences`,
    })),
  ].sort((left, right) => left.at - right.at);
}
