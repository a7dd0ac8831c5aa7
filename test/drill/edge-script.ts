import fc from "fast-check";
import type { StoreName } from "../../contract/stores";
import { type EdgeMonitor, type EdgePlan, withPools } from "../../drill/edge/edge-plan";
import { readEdgePlan } from "../../drill/edge/read-edge-plan";
import type { OriginBehaviour } from "../../drill/edge/virtual/origin-behaviour";
import { type VirtualCheck, VirtualEdge } from "../../drill/edge/virtual/virtual-edge";
import type { PoolChange } from "./edge-oracle";
import { edgeStackJson } from "./edge-stack-fixture";

export const PLAN = readEdgePlan(edgeStackJson());

/** Something that befalls an origin, seconds after what befell before. */
export interface Fault {
  readonly after: number;
  readonly store: StoreName;
  readonly behaviour: OriginBehaviour;
  /** Absent: everybody meets it. */
  readonly regions?: readonly string[];
}

type Timings = Pick<
  EdgeMonitor,
  "intervalSeconds" | "timeoutSeconds" | "retries" | "consecutiveUp" | "consecutiveDown"
>;

/** The fixture's plan with other timings, and regions if they are named. */
export function planWith(timings: Partial<Timings>, checkRegions = ["WEU"], plan = PLAN): EdgePlan {
  return withPools(plan, (pool) => ({ ...pool, checkRegions, monitor: { ...pool.monitor, ...timings } }));
}

export const arbitraryTimings: fc.Arbitrary<Timings> = fc.record({
  intervalSeconds: fc.integer({ min: 10, max: 90 }),
  timeoutSeconds: fc.integer({ min: 1, max: 10 }),
  retries: fc.integer({ min: 0, max: 3 }),
  consecutiveUp: fc.integer({ min: 1, max: 3 }),
  consecutiveDown: fc.integer({ min: 1, max: 3 }),
});

export const arbitraryRegions = fc.shuffledSubarray(["WEU", "EEU", "ENAM", "OC"], { minLength: 1 });

export const arbitraryBehaviour: fc.Arbitrary<OriginBehaviour> = fc.oneof(
  fc.constant({ kind: "healthy" } as const),
  fc.constantFrom(200, 403, 500, 503).map((status) => ({ kind: "answering", status }) as const),
  fc.constant({ kind: "wrong-body" } as const),
  fc.integer({ min: 1, max: 15 }).map((seconds) => ({ kind: "slow", seconds }) as const),
  fc.constant({ kind: "hanging" } as const),
  fc.constant({ kind: "cut" } as const),
  fc.constantFrom(521, 522, 523).map((code) => ({ kind: "unreachable", code }) as const),
  fc.constantFrom(525, 526).map((code) => ({ kind: "tls-failed", code }) as const),
  fc.constant({ kind: "dns-failed" } as const),
);

/** Origins that get better half of the time, and change at moments that no probe falls on. */
export const arbitraryFaults: fc.Arbitrary<readonly Fault[]> = fc.array(
  fc.record({
    after: fc.integer({ min: 1, max: 400 }).map((seconds) => seconds + 0.123456),
    store: fc.constantFrom("primary", "secondary"),
    behaviour: fc.oneof(fc.constant({ kind: "healthy" } as const), arbitraryBehaviour),
    regions: fc.option(arbitraryRegions, { nil: undefined, freq: 2 }),
  }),
  { maxLength: 8 },
);

/** Seconds after the last fault during which the edge is still watched. */
export const AFTERWARDS = 600;

export interface Played {
  readonly edge: VirtualEdge;
  readonly checks: readonly VirtualCheck[];
  readonly changes: readonly PoolChange[];
}

/** Lets the faults happen in virtual time, one after the other. */
export function play(plan: EdgePlan, seed: number, faults: readonly Fault[], everyCheck = true): Played {
  const checks: VirtualCheck[] = [];
  const edge = new VirtualEdge({
    plan,
    seed,
    ...(everyCheck && { onCheck: (check) => checks.push(check) }),
  });
  for (const { after, store, behaviour, regions } of faults) {
    pass(edge, after);
    edge.origin(store).become(behaviour, { regions });
  }
  pass(edge, AFTERWARDS);
  return { edge, checks, changes: changesOf(edge) };
}

/** An edge whose pools are healthy. */
export function settled(plan = PLAN, seed = 1): VirtualEdge {
  const edge = new VirtualEdge({ plan, seed });
  edge.advanceTo(10 * (plan.defaultPools[0]?.monitor.intervalSeconds ?? 0));
  edge.events.length = 0;
  return edge;
}

export function pass(edge: VirtualEdge, seconds: number): void {
  edge.advanceTo(edge.now + seconds);
}

export function changesOf(edge: VirtualEdge): readonly PoolChange[] {
  return edge.events.flatMap((event) =>
    event.type === "pool" ? [{ at: event.at, store: event.store, healthy: event.healthy }] : [],
  );
}
