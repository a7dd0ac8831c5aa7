import { describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import {
  OUTAGE_KINDS,
  type OutageKind,
  predictDataAtRisk,
  predictDetection,
  predictRecoveryTime,
  predictReturn,
  type Range,
  type RecoveryTimings,
} from "../../lib/objectives";

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
          const before = predictRecoveryTime(kind, given);
          const after = predictRecoveryTime(kind, { ...given, [name]: given[name] + more });

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
        fc.double({ min: 0, max: 5, noNaN: true }),
        (kind, phase, consecutiveDown, cachedSeconds) => {
          const timings = { ...pro, consecutiveDown };
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

/** Probes at 0, interval, 2 × interval …; the outage begins `since` seconds after the first. Seconds until the pool is unhealthy. */
function simulateOutage(kind: OutageKind, timings: RecoveryTimings, since: number): number {
  let failed = 0;
  for (let probe = since === 0 ? 0 : 1; ; probe += 1) {
    let end = probe * timings.intervalSeconds;
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
  ])("of %j is %j: what was written since the last pass began", (timings, expected) => {
    expect(predictDataAtRisk(timings)).toEqual(expected);
  });
});
