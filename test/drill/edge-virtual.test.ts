import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, it, jest } from "@jest/globals";
import fc from "fast-check";
import type { StoreName } from "../../contract/stores";
import { EdgeCore } from "../../drill/edge/core/edge-core";
import { type EdgePlan, withPools } from "../../drill/edge/edge-plan";
import { ProbeLoop } from "../../drill/edge/probe-loop";
import { type OriginBehaviour, probeFinding } from "../../drill/edge/virtual/origin-behaviour";
import { type VirtualCheck, VirtualEdge, type VirtualRead } from "../../drill/edge/virtual/virtual-edge";
import { VirtualOrigin } from "../../drill/edge/virtual/virtual-origin";
import { OUTAGE_KINDS, type OutageKind, predictRecoveryTime, predictReturn } from "../../lib/objectives";
import { changesFrom, type PoolChange } from "./edge-oracle";
import {
  arbitraryFaults,
  arbitraryRegions,
  arbitraryTimings,
  type Fault,
  PLAN,
  planWith,
} from "./edge-script";

const SEED = { seed: 20_251_121, numRuns: 100 };

/** Seconds after the last fault during which the edge is still watched. */
const AFTERWARDS = 600;

interface Played {
  readonly edge: VirtualEdge;
  readonly checks: readonly VirtualCheck[];
  readonly changes: readonly PoolChange[];
}

/** Lets the faults happen, one after the other. */
function play(plan: EdgePlan, seed: number, faults: readonly Fault[], everyCheck = true): Played {
  const checks: VirtualCheck[] = [];
  const edge = new VirtualEdge({
    plan,
    seed,
    ...(everyCheck && { onCheck: (check) => checks.push(check) }),
  });
  for (const { after, store, behaviour, regions } of faults) {
    edge.advanceTo(edge.now + after);
    edge.origin(store).become(behaviour, { regions });
  }
  edge.advanceTo(edge.now + AFTERWARDS);
  return { edge, checks, changes: changesOf(edge) };
}

function changesOf(edge: VirtualEdge): readonly PoolChange[] {
  return edge.events.flatMap((event) =>
    event.type === "pool" ? [{ at: event.at, store: event.store, healthy: event.healthy }] : [],
  );
}

/** An edge whose pools are healthy. */
function settled(plan = PLAN, seed = 1): VirtualEdge {
  const edge = new VirtualEdge({ plan, seed });
  edge.advanceTo(10 * (plan.defaultPools[0]?.monitor.intervalSeconds ?? 0));
  edge.events.length = 0;
  return edge;
}

describe("the pure core", () => {
  it("has neither clock nor sockets", () => {
    const folder = join(__dirname, "..", "..", "drill", "edge", "core");
    const texts = readdirSync(folder).map((file) => readFileSync(join(folder, file), "utf8"));
    const imported = texts.flatMap((text) =>
      [...text.matchAll(/from "(node:[^"]+)"/g)].map(([, name]) => name),
    );

    expect(texts.length).toBeGreaterThan(6);
    expect([...new Set(imported)]).toEqual(["node:util"]);
    expect(texts.join("\n")).not.toMatch(
      /\b(Date\b|performance\.|setTimeout|setInterval|Math\.random|process\.)/,
    );
  });
});

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
      { ...SEED, numRuns: 50 },
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

  it("does not go back, and passes thousands of hours as if they were nothing", () => {
    const edge = settled();
    edge.advanceTo(10_000 * 3600);
    expect(edge.events).toEqual([]);
    edge.origin("primary").become({ kind: "answering", status: 503 });
    edge.advanceTo(edge.now + 60);
    expect(changesOf(edge)).toHaveLength(1);

    expect(() => edge.advanceTo(edge.now - 1)).toThrow("cannot advance");
    expect(() => edge.advanceTo(Number.POSITIVE_INFINITY)).toThrow("cannot advance");
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
      { ...SEED, numRuns: 50 },
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
        while (edge.read().store !== "primary" || edge.read().retried) pass(edge, PERIOD);
        const { best, worst } = predictReturn(timings);
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
        // Of a region where nobody is: a pool that the other lists leave out would be gone for good.
        const everyPool = ["assets-primary", "assets-secondary"];
        const edge = settled({ ...PLAN, regionPools: { ME: PLAN.defaultPools } });
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
                regionPools: { ME: everyPool, OC: one.far },
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
      { ...SEED, numRuns: 150 },
    );
  });

  it("is each region's own list, and the default list elsewhere and where the reader does not say", () => {
    const regionPools = { OC: [...PLAN.defaultPools].reverse() };
    const edge = settled({ ...PLAN, regionPools });
    expect(["OC", "WEU", undefined].map((region) => edge.read(region).store)).toEqual([
      "secondary",
      "primary",
      "primary",
    ]);
    expect(settled({ ...PLAN, regionPools, readersRegion: "OC" }).read().store).toBe("secondary");

    // A list of one has no other pool to try: Cloudflare looks nowhere else, but for the fallback pool.
    const [primary] = PLAN.defaultPools;
    const alone = settled({ ...PLAN, regionPools: { OC: primary === undefined ? [] : [primary] } });
    alone.origin("primary").become({ kind: "unreachable" });
    expect(alone.read("OC")).toMatchObject({ status: 521, retried: false });
    expect(alone.read("WEU")).toMatchObject({ store: "secondary", status: 200, retried: true });
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

describe("what an origin does", () => {
  const cases: readonly (readonly [OriginBehaviour, probes: boolean, read: Partial<VirtualRead>])[] = [
    [{ kind: "healthy" }, true, { store: "primary", status: 200 }],
    [{ kind: "answering", status: 403 }, false, { store: "primary", status: 403 }],
    [{ kind: "answering", status: 503 }, false, { store: "primary", status: 503 }],
    [{ kind: "wrong-body" }, false, { store: "primary", status: 200 }],
    [{ kind: "slow", seconds: 4.9 }, true, { store: "primary", status: 200, seconds: 4.9 }],
    [{ kind: "slow", seconds: 5 }, false, { store: "primary", status: 200, seconds: 5 }],
    [{ kind: "hanging" }, false, { status: 524, seconds: 120 }],
    [{ kind: "cut" }, false, { status: 520 }],
    [{ kind: "unreachable" }, false, { store: "secondary", status: 200, retried: true }],
    [{ kind: "unreachable", code: 522 }, false, { store: "secondary", retried: true, seconds: 19 }],
    [{ kind: "unreachable", code: 523 }, false, { store: "secondary", retried: true }],
    [{ kind: "tls-failed" }, false, { store: "secondary", retried: true }],
    [{ kind: "tls-failed", code: 525 }, false, { store: "secondary", retried: true }],
    [{ kind: "dns-failed" }, false, { status: 530 }],
  ];

  it.each(cases)("%j: probes pass: %s, a read before the monitor notices: %j", (behaviour, passes, read) => {
    const edge = settled();
    edge.origin("primary").become(behaviour);
    expect(edge.read()).toEqual({ store: undefined, retried: false, seconds: 0, status: 200, ...read });

    pass(edge, 75);
    expect(changesOf(edge).map(({ healthy }) => healthy)).toEqual(passes ? [] : [false]);
    pass(edge, 5);
    expect(edge.read().store).toBe(passes ? "primary" : "secondary");
    edge.origin("primary").become({ kind: "healthy" });
    pass(edge, 80);
    expect(edge.read().store).toBe("primary");
  });

  it("to readers alone is not seen by monitors, and to a monitor of type tcp all is well that takes connections", () => {
    const edge = settled();
    edge.origin("primary").become({ kind: "answering", status: 500 }, { seenBy: "reads" });
    pass(edge, 3600);
    expect(edge.read()).toMatchObject({ store: "primary", status: 500 });

    const tcp = settled(withPools(PLAN, (pool) => ({ ...pool, monitor: { ...pool.monitor, type: "tcp" } })));
    for (const [kind, isSeen] of [
      ["hanging", false],
      ["tls-failed", false],
      ["unreachable", true],
      ["dns-failed", true],
    ] as const) {
      tcp.origin("primary").become({ kind });
      pass(tcp, 120);
      expect(tcp.pools()[0]?.status).toBe(isSeen ? "unhealthy" : "healthy");
      tcp.origin("primary").become({ kind: "healthy" });
      pass(tcp, 120);
    }
  });

  it("to the probes of a region alone counts for that region alone", () => {
    const edge = settled(planWith({}, ["WEU", "EEU", "ENAM"]));
    edge.origin("primary").become({ kind: "unreachable" }, { regions: ["WEU"] });
    pass(edge, 600);
    expect(edge.events).toEqual([]);
    expect(edge.pools()[0]).toMatchObject({
      status: "healthy",
      regions: { WEU: "unhealthy", EEU: "healthy", ENAM: "healthy" },
    });
    expect(edge.read()).toMatchObject({ store: "primary", retried: false });

    edge.origin("primary").become({ kind: "unreachable" }, { regions: ["OC", "ENAM"] });
    pass(edge, 61);
    expect(edge.pools()[0]?.status).toBe("unhealthy");
    edge.origin("primary").become({ kind: "healthy" });
    pass(edge, 61);
    expect(edge.pools()[0]?.status).toBe("healthy");
  });
});

describe("a change at Cloudflare", () => {
  it("of a pool takes effect for readers within five seconds, and once enabled it is looked at anew", () => {
    const edge = settled();
    expect(edge.read().store).toBe("primary");
    edge.setPool("assets-primary", { enabled: false });
    expect(edge.read().store).toBe("primary");
    pass(edge, 5);
    expect(edge.read().store).toBe("secondary");
    expect(edge.pools()[0]).toMatchObject({ enabled: false, status: "unhealthy", regions: {} });

    edge.origin("primary").become({ kind: "wrong-body" }, { seenBy: "probes" });
    edge.setPool("assets-primary", { enabled: true });
    expect(edge.pools()[0]?.status).toBe("unknown");
    pass(edge, 5);
    expect(edge.read().store).toBe("secondary");
    expect(() => edge.setPool("elsewhere", { enabled: true })).toThrow('the plan has no pool "elsewhere"');
  });

  it("of a disabled pool is undone by the next plan, which says what is enabled", () => {
    const edge = settled();
    edge.setPool("assets-primary", { enabled: false });
    edge.setOrder({ defaultPools: ["assets-secondary", "assets-primary"], fallbackPool: "assets-secondary" });
    expect(edge.pools().map(({ store, enabled }) => [store, enabled])).toEqual([
      ["secondary", true],
      ["primary", false],
    ]);
    edge.applyPlan(PLAN);
    expect(edge.pools().map(({ store, enabled, status }) => [store, enabled, status])).toEqual([
      ["primary", true, "unknown"],
      ["secondary", true, "healthy"],
    ]);
  });

  it("of the marker is seen by each resolver when what it keeps has run out", () => {
    const edge = settled();
    const seen = () => ([0, 1] as const).map((resolver) => edge.resolve(resolver).active);
    edge.resolve(0);
    pass(edge, 30);
    edge.resolve(1);
    edge.publishMarker({ active: "secondary", writesPaused: false });
    expect(seen()).toEqual(["primary", "primary"]);
    pass(edge, 30);
    expect(seen()).toEqual(["secondary", "primary"]);
    pass(edge, 30);
    expect(seen()).toEqual(["secondary", "secondary"]);
    edge.applyPlan(PLAN);
    pass(edge, 60);
    expect(seen()).toEqual(["primary", "primary"]);
  });
});

function pass(edge: VirtualEdge, seconds: number): void {
  edge.advanceTo(edge.now + seconds);
}
