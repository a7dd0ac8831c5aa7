import { describe, expect, it } from "@jest/globals";
import { Token } from "cdktf";
import fc from "fast-check";
import {
  checkObjectives,
  type ObjectiveInputs,
  type Objectives,
  recoveryPointRemedies,
  recoveryTimeRemedies,
  worstRecoverySeconds,
} from "../../lib/declared-objectives";
import { CLOUDFLARE_PLANS, type CloudflarePlan, PLAN_LIMITS } from "../../lib/edge/plan-limits";
import {
  OUTAGE_KINDS,
  type OutageKind,
  predictDataAtRisk,
  predictDetection,
  predictRecoveryTime,
  predictReturn,
  type Range,
  type RecoveryTimings,
  type ReplicationTimings,
} from "../../lib/objectives";
import { itRefusesEach, type RefusedInput } from "./refusal";

const pro: RecoveryTimings = {
  intervalSeconds: 60,
  timeoutSeconds: 5,
  retries: 2,
  consecutiveDown: 1,
  consecutiveUp: 1,
  failoverAcrossPools: true,
};

describe("predicted recovery time", () => {
  it.each<[string, OutageKind, Partial<RecoveryTimings>, Range]>([
    ["a wrong answer is noticed at the next probe", "refusing", {}, { best: 0, mean: 32.5, worst: 65 }],
    ["time-outs are tried again at once: 60 + 5 × 3 + 5", "hanging", {}, { best: 15, mean: 47.5, worst: 80 }],
    ["no retry, no repeated time-out", "hanging", { retries: 0 }, { best: 5, mean: 37.5, worst: 70 }],
    [
      "a second failed probe costs an interval",
      "refusing",
      { consecutiveDown: 2 },
      { best: 60, mean: 92.5, worst: 125 },
    ],
    [
      "a check of 40 s leaves out every other moment of a 30 s interval",
      "hanging",
      { intervalSeconds: 30, timeoutSeconds: 10, retries: 3, consecutiveDown: 2 },
      { best: 100, mean: 117.5, worst: 135 },
    ],
    [
      "0 in a row is Cloudflare's way to say 1",
      "refusing",
      { consecutiveDown: 0 },
      { best: 0, mean: 32.5, worst: 65 },
    ],
    ["Business probes every 15 s", "refusing", { intervalSeconds: 15 }, { best: 0, mean: 10, worst: 20 }],
    [
      "the edge retries a failed connection on the other pool",
      "unreachable",
      {},
      { best: 0, mean: 0, worst: 0 },
    ],
    [
      "without retries across pools the monitor must notice",
      "unreachable",
      { failoverAcrossPools: false },
      { best: 0, mean: 32.5, worst: 65 },
    ],
  ])("%s", (_reason, kind, change, expected) => {
    expect(predictRecoveryTime(kind, { ...pro, ...change })).toEqual(expected);
  });

  it("agrees with Cloudflare's own rule: interval + time-out × attempts, before the cached address", () => {
    expect(predictDetection("hanging", pro).worst).toBe(75);
  });

  it("predicts the return from the good probes in a row", () => {
    expect(predictReturn({ ...pro, consecutiveUp: 3 })).toEqual({ best: 120, mean: 152.5, worst: 185 });
  });

  it("is ordered, and grows with every knob", () => {
    const timings = fc.record({
      intervalSeconds: fc.integer({ min: 10, max: 3600 }),
      timeoutSeconds: fc.integer({ min: 1, max: 10 }),
      retries: fc.integer({ min: 0, max: 5 }),
      consecutiveDown: fc.integer({ min: 0, max: 10 }),
      consecutiveUp: fc.integer({ min: 0, max: 10 }),
      failoverAcrossPools: fc.boolean(),
    });
    const knob = fc.constantFrom("intervalSeconds", "timeoutSeconds", "retries", "consecutiveDown");
    fc.assert(
      fc.property(
        fc.constantFrom(...OUTAGE_KINDS),
        timings,
        knob,
        fc.integer({ min: 1, max: 100 }),
        (kind, given, name, more) => {
          const changed = { ...given, [name]: given[name] + more };
          // Checks that outlast the interval come the sooner the better they fit into it.
          fc.pre(name !== "intervalSeconds" || checkSeconds(given) <= given.intervalSeconds);
          const before = predictRecoveryTime(kind, given);
          const after = predictRecoveryTime(kind, changed);

          expect(before.best).toBeLessThanOrEqual(before.mean);
          expect(before.mean).toBeLessThanOrEqual(before.worst);
          for (const figure of ["best", "mean", "worst"] as const) {
            expect(after[figure]).toBeGreaterThanOrEqual(before[figure]);
          }
        },
      ),
      { seed: 3, numRuns: 1000 },
    );
  });

  it("holds for outages simulated at every phase of the interval", () => {
    fc.assert(
      fc.property(
        fc.constantFrom<OutageKind>("refusing", "hanging"),
        fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true }),
        fc.integer({ min: 1, max: 4 }),
        fc.constantFrom(60, 15, 10),
        fc.double({ min: 0, max: 5, noNaN: true }),
        (kind, phase, consecutiveDown, intervalSeconds, cachedSeconds) => {
          const timings = { ...pro, consecutiveDown, intervalSeconds };
          const well = simulateOutage(kind, timings, phase * timings.intervalSeconds) + cachedSeconds;
          const predicted = predictRecoveryTime(kind, timings);

          expect(well).toBeGreaterThanOrEqual(predicted.best);
          expect(well).toBeLessThanOrEqual(predicted.worst);
        },
      ),
      { seed: 3, numRuns: 1000 },
    );
  });
});

function checkSeconds({ timeoutSeconds, retries }: RecoveryTimings): number {
  return timeoutSeconds * (retries + 1);
}

/** Probes at 0, interval, 2 × interval …; the outage begins `since` seconds after the first. Seconds until the pool is unhealthy. */
function simulateOutage(kind: OutageKind, timings: RecoveryTimings, since: number): number {
  let failed = 0;
  let end = 0;
  for (let probe = since === 0 ? 0 : 1; ; probe += 1) {
    // A data centre has one check at a time.
    if (probe * timings.intervalSeconds < end) continue;
    end = probe * timings.intervalSeconds;
    for (let attempt = 0; kind === "hanging" && attempt <= timings.retries; attempt += 1) {
      end += timings.timeoutSeconds;
    }
    failed += 1;
    if (failed === timings.consecutiveDown) {
      return end - since;
    }
  }
}

describe("predicted data at risk", () => {
  it.each([
    [{ intervalSeconds: 300 }, { best: 0, mean: 150, worst: 300 }],
    [
      { intervalSeconds: 300, passSeconds: 40 },
      { best: 40, mean: 190, worst: 340 },
    ],
    // The run at 60 s finds another one at work.
    [
      { intervalSeconds: 60, passSeconds: 100 },
      { best: 100, mean: 160, worst: 220 },
    ],
    // Two whole runs of 840 s, each ending before the third moment of the schedule after its begin, and one of 20 s.
    [
      { intervalSeconds: 300, passSeconds: 1700, runSeconds: 840 },
      { best: 1820, mean: 2870, worst: 3920 },
    ],
  ])("of %j is %j: what was written since the last pass began", (timings, expected) => {
    expect(predictDataAtRisk(timings)).toEqual(expected);
  });
});

describe("declared objectives", () => {
  const edge = { ...pro, plan: "pro" as const };
  const check = (objectives: Objectives, reach: ObjectiveInputs) => () =>
    checkObjectives(objectives, reach, "app/objectives");

  it.each<[string, Objectives, ObjectiveInputs]>([
    ["exactly what the edge can keep at worst", { rtoSeconds: 80 }, { edge }],
    [
      "exactly what replication can keep at worst",
      { rpoSeconds: 300 },
      { replication: { intervalSeconds: 300 } },
    ],
    [
      "both",
      { rtoSeconds: 120, rpoSeconds: 600 },
      { edge, replication: { intervalSeconds: 300, passSeconds: 40 } },
    ],
    ["nothing", {}, { edge, replication: { intervalSeconds: 3600 } }],
    ["something that nothing here bears on", { rtoSeconds: 1, rpoSeconds: 1 }, {}],
    [
      "what hangs on numbers that are only known after deployment",
      { rtoSeconds: 1, rpoSeconds: 1 },
      {
        edge: { ...edge, retries: Token.asNumber({ later: true }) },
        replication: { intervalSeconds: Token.asNumber({ later: true }) },
      },
    ],
  ])("accept %s", (_what, objectives, reach) => {
    expect(check(objectives, reach)).not.toThrow();
  });

  const refused = (
    objectives: Objectives,
    reach: ObjectiveInputs,
    allowed: string,
    fix: string,
    code: RefusedInput["code"] = "OBJECTIVE_UNREACHABLE",
  ): RefusedInput => {
    const [[prop, value] = []] = Object.entries(objectives);
    return {
      input: `${JSON.stringify(objectives)} with ${JSON.stringify(reach)}`,
      attempt: check(objectives, reach),
      code,
      path: `app/objectives/${prop}`,
      value,
      allowed,
      fix,
    };
  };

  itRefusesEach([
    refused({ rtoSeconds: 79 }, { edge }, "80 seconds and more", "set retries to 1, or timeoutSeconds to 4"),
    refused(
      { rtoSeconds: 60 },
      { edge },
      "80 seconds and more",
      'set plan to "business" and intervalSeconds to 40',
    ),
    refused(
      { rtoSeconds: 139 },
      { edge: { ...edge, consecutiveDown: 2 } },
      "140 seconds and more",
      "set consecutiveDown to 1, or retries to 1, or timeoutSeconds to 4",
    ),
    refused(
      { rtoSeconds: 16 },
      { edge },
      "80 seconds and more",
      'set consecutiveDown to 1 and retries to 0 and timeoutSeconds to 1 and intervalSeconds to 10 and plan to "enterprise"',
    ),
    refused({ rtoSeconds: 15 }, { edge }, "80 seconds and more", "declare 16 seconds or more"),
    refused(
      { rpoSeconds: 120 },
      { replication: { intervalSeconds: 300, passSeconds: 20 } },
      "320 seconds and more",
      "set everyMinutes to 1",
    ),
    refused(
      { rpoSeconds: 60 },
      { replication: { intervalSeconds: 300, passSeconds: 20 } },
      "320 seconds and more",
      "declare 80 seconds or more",
    ),
    refused({ rtoSeconds: 86_401 }, { edge }, "1 to 86400", "86400", "NUMBER_OUT_OF_RANGE"),
    refused({ rpoSeconds: 0.5 }, {}, "1 to 86400", "1", "NUMBER_OUT_OF_RANGE"),
  ]);

  it("say the arithmetic", () => {
    expect(check({ rtoSeconds: 60 }, { edge })).toThrow(
      "up to 80 s when the active store hangs: 60 s interval × 1 + 5 s time-out × 3 attempts + 5 s cached address",
    );
    expect(check({ rpoSeconds: 60 }, { replication: { intervalSeconds: 300, passSeconds: 20 } })).toThrow(
      "300 s between two passes + 20 s for a pass",
    );
  });

  const edges = fc.constantFrom(...CLOUDFLARE_PLANS).chain((plan) =>
    fc.record({
      plan: fc.constant(plan),
      intervalSeconds: fc.integer({ min: PLAN_LIMITS[plan].leastIntervalSeconds, max: 400 }),
      timeoutSeconds: fc.integer({ min: 1, max: 10 }),
      retries: fc.integer({ min: 0, max: 5 }),
      consecutiveDown: fc.integer({ min: 1, max: 4 }),
      consecutiveUp: fc.integer({ min: 1, max: 4 }),
      failoverAcrossPools: fc.boolean(),
    }),
  );
  const accepts = (objectives: Objectives, reach: ObjectiveInputs): boolean => {
    try {
      checkObjectives(objectives, reach, "app/objectives");
      return true;
    } catch {
      return false;
    }
  };

  it("are kept by every outage of the model when accepted, and broken by some when refused", () => {
    fc.assert(
      fc.property(
        edges,
        fc.integer({ min: 1, max: 800 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (timings, rtoSeconds, phase) => {
          const worst = Math.max(
            ...(["refusing", "hanging"] as const).map(
              (kind) =>
                // Just after a probe is the worst moment; the cached address comes on top.
                Math.max(
                  simulateOutage(kind, timings, Number.EPSILON),
                  simulateOutage(kind, timings, phase * timings.intervalSeconds),
                ) + 5,
            ),
          );
          expect(accepts({ rtoSeconds }, { edge: timings })).toBe(worst <= rtoSeconds + 1e-9);
        },
      ),
      { seed: 5, numRuns: 1000 },
    );
  });

  it("name remedies that each help alone and stay within their plan, or there is none on any plan", () => {
    fc.assert(
      fc.property(edges, fc.integer({ min: 1, max: 800 }), (timings, rtoSeconds) => {
        fc.pre(worstRecoverySeconds(timings) > rtoSeconds);
        const remedies = recoveryTimeRemedies(rtoSeconds, timings);

        for (const remedy of remedies) {
          const mended = { ...timings, ...remedy };
          expect(accepts({ rtoSeconds }, { edge: mended })).toBe(true);
          expect(mended.intervalSeconds).toBeGreaterThanOrEqual(leastInterval(mended.plan));
          expect(
            Math.min(mended.consecutiveDown, mended.timeoutSeconds, mended.retries + 1),
          ).toBeGreaterThanOrEqual(1);
        }
        // 10 s between probes, one attempt of 1 s, 5 s of cached addresses.
        expect(remedies.length > 0).toBe(rtoSeconds >= 16);
      }),
      { seed: 5, numRuns: 1000 },
    );
  });

  it("name the longest interval of the replicator that keeps the recovery point, or there is none", () => {
    const replications = fc.record({
      intervalSeconds: fc.integer({ min: 1, max: 60 }).map((minutes) => minutes * 60),
      passSeconds: fc.integer({ min: 0, max: 600 }),
    });
    fc.assert(
      fc.property(
        replications,
        fc.integer({ min: 1, max: 4000 }),
        (replication: ReplicationTimings, rpoSeconds) => {
          const { worst } = predictDataAtRisk(replication);
          expect(accepts({ rpoSeconds }, { replication })).toBe(worst <= rpoSeconds);
          fc.pre(worst > rpoSeconds);
          const [remedy, ...more] = recoveryPointRemedies(rpoSeconds, replication);
          const every = (minutes: number) => ({
            replication: { ...replication, intervalSeconds: minutes * 60 },
          });

          expect(more).toEqual([]);
          expect(accepts({ rpoSeconds }, every(remedy?.everyMinutes ?? 1))).toBe(remedy !== undefined);
          expect(accepts({ rpoSeconds }, every((remedy?.everyMinutes ?? 0) + 1))).toBe(false);
        },
      ),
      { seed: 5, numRuns: 1000 },
    );
  });

  function leastInterval(plan: CloudflarePlan): number {
    return PLAN_LIMITS[plan].leastIntervalSeconds;
  }
});
