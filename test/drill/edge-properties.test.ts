import { afterEach, describe, expect, it, jest } from "@jest/globals";
import fc from "fast-check";
import type { StoreName } from "../../contract/stores";
import { EdgeCore } from "../../drill/edge/core/edge-core";
import type { EdgePlan } from "../../drill/edge/edge-plan";
import { ProbeLoop } from "../../drill/edge/probe-loop";
import { type OriginBehaviour, probeFinding } from "../../drill/edge/virtual/origin-behaviour";
import type { VirtualEdge } from "../../drill/edge/virtual/virtual-edge";
import { VirtualOrigin } from "../../drill/edge/virtual/virtual-origin";
import { OUTAGE_KINDS, type OutageKind, predictRecoveryTime, predictReturn } from "../../lib/objectives";
import { changesFrom, type PoolChange } from "./edge-oracle";
import {
  AFTERWARDS,
  arbitraryFaults,
  arbitraryRegions,
  arbitraryTimings,
  changesOf,
  type Fault,
  pass,
  planWith,
  play,
  settled,
} from "./edge-script";

const SEED = { seed: 20_251_121, numRuns: 50 };

describe("virtual time", () => {
  it("changes a pool exactly when all checks so far say so, whatever befalls its origin", () => {
    fc.assert(
      fc.property(
        arbitraryTimings,
        arbitraryRegions,
        arbitraryFaults,
        fc.integer({ min: 1, max: 1000 }),
        (timings, regions, faults, seed) => {
          const plan = planWith(timings, regions);
          const { checks, changes } = play(plan, seed, faults.slice(0, 5));
          expect(changes).toEqual(changesFrom(plan, checks));
        },
      ),
      { ...SEED, numRuns: 30 },
    );
  });

  it("leaves out the checks that can bring no news, and nothing else comes out differently", () => {
    fc.assert(
      fc.property(
        arbitraryTimings,
        arbitraryRegions,
        arbitraryFaults,
        fc.integer({ min: 1, max: 1000 }),
        (timings, regions, faults, seed) => {
          const plan = planWith(timings, regions);
          const { edge, changes } = play(plan, seed, faults, false);
          const complete = play(plan, seed, faults);
          expect(changes).toEqual(complete.changes);
          expect(edge.pools()).toEqual(complete.edge.pools());
          expect(edge.read()).toEqual(complete.edge.read());
        },
      ),
      SEED,
    );
  });

  it("has every data centre look once an interval, with one check at a time", () => {
    fc.assert(
      fc.property(arbitraryTimings, arbitraryRegions, arbitraryFaults, (timings, regions, faults) => {
        const { edge, checks } = play(planWith(timings, regions), 1, faults);
        const { intervalSeconds, timeoutSeconds, retries } = timings;
        const longest = timeoutSeconds * (retries + 1);
        for (const region of regions) {
          const ends = checks
            .filter((check) => check.store === "primary" && check.region === region && check.dataCentre === 1)
            .map(({ at }) => at);
          expect(ends.length).toBeGreaterThanOrEqual(Math.floor(edge.now / (intervalSeconds + longest)));
          expect(ends.length).toBeLessThanOrEqual(Math.ceil(edge.now / intervalSeconds) + 1);
        }
      }),
      SEED,
    );
  });
});

describe("both drivers", () => {
  afterEach(() => {
    jest.useRealTimers();
  });

  it("see the same changes in the same order at the same time", async () => {
    await fc.assert(
      fc.asyncProperty(
        arbitraryTimings,
        arbitraryRegions,
        arbitraryFaults,
        fc.integer({ min: 1, max: 1000 }),
        async (timings, regions, faults, seed) => {
          const plan = planWith(timings, regions);
          const real = await playInRealTime(plan, seed, faults);
          const { changes } = play(plan, seed, faults, false);
          expect(real.map(({ store, healthy }) => [store, healthy])).toEqual(
            changes.map(({ store, healthy }) => [store, healthy]),
          );
          real.forEach(({ at }, index) => {
            // A timer's milliseconds are whole, and a check may be four attempts.
            expect(Math.abs(at - (changes[index]?.at ?? Number.NaN))).toBeLessThan(20);
          });
        },
      ),
      { ...SEED, numRuns: 30 },
    );
  });

  /** The loop that makes real probes, with the machine's clock held and answers that are made up. */
  async function playInRealTime(
    plan: EdgePlan,
    seed: number,
    faults: readonly Fault[],
  ): Promise<readonly PoolChange[]> {
    jest.useFakeTimers({ doNotFake: ["nextTick", "queueMicrotask"] });
    const began = performance.now();
    const now = () => (performance.now() - began) / 1000;
    const changes: PoolChange[] = [];
    const origins = { primary: new VirtualOrigin(ignore), secondary: new VirtualOrigin(ignore) };
    const loop = new ProbeLoop({
      core: new EdgeCore({ plan, seed }),
      probe: ({ pool, region }) => {
        const { seconds, answer } = probeFinding(pool, origins[pool.origin.name].forProbes(region));
        return seconds === 0
          ? Promise.resolve(answer)
          : new Promise((resolve) => setTimeout(() => resolve(answer), seconds * 1000));
      },
      now,
      milliseconds: (seconds) => seconds * 1000,
      onStatus: ({ origin }, status) =>
        changes.push({ at: now() * 1000, store: origin.name, healthy: status === "healthy" }),
    });
    loop.wake();
    for (const { after, store, behaviour, regions } of faults) {
      await jest.advanceTimersByTimeAsync(after * 1000);
      origins[store].become(behaviour, { regions });
    }
    await jest.advanceTimersByTimeAsync(AFTERWARDS * 1000);
    loop.stop();
    jest.useRealTimers();
    return changes;
  }

  function ignore(): void {}
});

describe("how soon the edge notices", () => {
  /** Seconds between two reads of the one reader. */
  const PERIOD = 0.25;

  const withPhase = arbitraryTimings
    .filter(
      ({ intervalSeconds, timeoutSeconds, retries }) => timeoutSeconds * (retries + 1) < intervalSeconds,
    )
    .chain((timings) =>
      fc.record({ timings: fc.constant(timings), phase: fc.double({ min: 0, max: 1, noNaN: true }) }),
    );

  it.each(OUTAGE_KINDS)("and readers are well again lies in the predicted range: %s", (kind) => {
    fc.assert(
      fc.property(withPhase, arbitraryRegions, fc.boolean(), fc.nat(1000), (drawn, regions, across, seed) => {
        const { timings, phase } = drawn;
        const plan = { ...planWith(timings, regions), failoverAcrossPools: across };
        const edge = settled(plan, seed);
        pass(edge, phase * timings.intervalSeconds);
        edge.origin("primary").become(outage(kind));
        const predicted = predictRecoveryTime(kind, { ...timings, failoverAcrossPools: across });
        const measured = failingSeconds(edge, predicted.worst + 30);
        expect(measured).toBeGreaterThanOrEqual(predicted.best - PERIOD);
        expect(measured).toBeLessThanOrEqual(predicted.worst + (predicted.worst === 0 ? 0 : 2 * PERIOD));

        pass(edge, (timings.consecutiveDown + 1) * timings.intervalSeconds);
        const healed = edge.now;
        edge.origin("primary").become({ kind: "healthy" });
        const { best, worst } = predictReturn(timings);
        while (edge.read().store !== "primary" && edge.now < healed + 2 * worst) pass(edge, PERIOD);
        // A check that was under way may find all well at its last attempt.
        const soon = kind === "hanging" ? timings.timeoutSeconds * (timings.retries + 1) : 0;
        expect(edge.now - healed).toBeGreaterThanOrEqual(best - soon - PERIOD);
        expect(edge.now - healed).toBeLessThanOrEqual(worst + 2 * PERIOD);
      }),
      SEED,
    );
  });

  it("is never sooner than the consecutive checks allow, however its origin flaps", () => {
    fc.assert(
      fc.property(
        arbitraryTimings,
        fc.array(fc.tuple(fc.nat(2), fc.integer({ min: 1, max: 4 })), { minLength: 1, maxLength: 10 }),
        ({ intervalSeconds, consecutiveUp, consecutiveDown }, runs) => {
          const edge = settled(planWith({ intervalSeconds, consecutiveUp, consecutiveDown }));
          // Half an interval away from all probes, so that each data centre meets whole runs.
          pass(edge, intervalSeconds / 2);
          for (const [bad, good] of runs) {
            edge.origin("primary").become({ kind: "answering", status: 500 });
            pass(edge, Math.min(bad, consecutiveDown - 1) * intervalSeconds);
            edge.origin("primary").become({ kind: "healthy" });
            pass(edge, good * intervalSeconds);
          }
          expect(edge.events).toEqual([]);
          edge.origin("primary").become({ kind: "answering", status: 500 });
          pass(edge, consecutiveDown * intervalSeconds);
          edge.origin("primary").become({ kind: "healthy" });
          pass(edge, (consecutiveUp - 1) * intervalSeconds);
          expect(changesOf(edge).map(({ healthy }) => healthy)).toEqual([false]);
          pass(edge, intervalSeconds);
          expect(changesOf(edge).map(({ healthy }) => healthy)).toEqual([false, true]);
        },
      ),
      SEED,
    );
  });

  function outage(kind: OutageKind): OriginBehaviour {
    return kind === "refusing" ? { kind: "answering", status: 503 } : { kind };
  }

  /** From the first failed read to the first of the lasting good ones. */
  function failingSeconds(edge: VirtualEdge, forSeconds: number): number {
    const end = edge.now + forSeconds;
    const failed: number[] = [];
    for (; edge.now < end; pass(edge, PERIOD)) {
      if (edge.read().status !== 200) failed.push(edge.now);
    }
    return failed.length === 0 ? 0 : (failed.at(-1) ?? 0) - (failed[0] ?? 0) + PERIOD;
  }
});

describe("where readers go", () => {
  it("is what was right at some moment of the last five seconds: no disabled pool, and health ignored by the fallback alone", () => {
    const operation = fc.oneof(
      fc.record({ what: fc.constant("wait" as const), seconds: fc.constantFrom(0.5, 2, 4.9, 5, 61) }),
      fc.record({
        what: fc.constant("pool" as const),
        name: fc.constantFrom("assets-primary", "assets-secondary"),
        enabled: fc.boolean(),
      }),
      fc.record({
        what: fc.constant("origin" as const),
        store: fc.constantFrom("primary" as const, "secondary" as const),
        kind: fc.constantFrom("healthy" as const, "wrong-body" as const),
      }),
      fc.record({
        what: fc.constant("order" as const),
        order: fc.shuffledSubarray(["assets-primary", "assets-secondary"], { minLength: 1 }),
        far: fc.shuffledSubarray(["assets-primary", "assets-secondary"], { minLength: 1 }),
        fallback: fc.constantFrom("assets-primary", "assets-secondary"),
      }),
    );
    fc.assert(
      fc.property(fc.array(operation, { minLength: 5, maxLength: 40 }), (operations) => {
        const edge = settled();
        const histories = new Map<string, RightRoute[]>(["WEU", "OC"].map((region) => [region, []]));
        const note = () => {
          for (const [region, history] of histories)
            history.push({ since: edge.now, store: rightStore(edge, region) });
        };
        note();
        for (const one of operations) {
          switch (one.what) {
            case "wait":
              for (const end = edge.now + one.seconds; edge.now < end; note()) pass(edge, 0.1);
              break;
            case "pool":
              edge.setPool(one.name, one);
              break;
            case "origin":
              edge.origin(one.store).become({ kind: one.kind }, { seenBy: "probes" });
              break;
            case "order":
              edge.setOrder({
                defaultPools: one.order,
                fallbackPool: one.fallback,
                regionPools: { OC: one.far },
              });
          }
          note();
          for (const [region, history] of histories) {
            const recent = history.filter(
              (_, index) => (history[index + 1]?.since ?? edge.now) >= edge.now - 5,
            );
            expect(recent.map(({ store }) => store)).toContain(edge.read(region).store);
          }
        }
      }),
      { ...SEED, numRuns: 60 },
    );
  });

  interface RightRoute {
    /** Until the next one's. */
    readonly since: number;
    readonly store?: StoreName;
  }

  /** Worked out from the pools' states alone. */
  function rightStore(edge: VirtualEdge, region: string): StoreName | undefined {
    const states = new Map(edge.pools().map((state) => [state.name, state]));
    const order = edge.plan.regionPools?.[region] ?? edge.plan.defaultPools;
    const usable = order.map(({ name }) => states.get(name));
    const first = usable.find((state) => state?.enabled === true && state.status === "healthy");
    const fallback = states.get(edge.plan.fallbackPool.name);
    return (first ?? (fallback?.enabled === true ? fallback : undefined))?.store;
  }
});
