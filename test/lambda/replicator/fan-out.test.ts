import { describe, expect, it } from "@jest/globals";
import * as fc from "fast-check";
import { FAN_OUT_KEY, MOST_RANGES, type RangeAnswer, type RangeResult } from "../../../contract/fan-out";
import { PROGRESS_KEY } from "../../../contract/state-keys";
import { type FanOutOptions, runFanOut } from "../../../lambda/replicator/fan-out-driver";
import { type FanOutPlan, planRanges, rangeCount, rangeOf } from "../../../lambda/replicator/fan-out-plan";
import { concludedFanOut, gathered, type PlanFigures } from "../../../lambda/replicator/fan-out-result";
import { keyBetween } from "../../../lambda/replicator/key-between";
import type { Progress } from "../../../lambda/replicator/progress";
import { type Sample, sampleKeys } from "../../../lambda/replicator/sample-keys";
import { compareKeys } from "../../../lambda/s3/key-order";
import { StoreError } from "../../../lambda/s3/store-error";
import { optionsFor, stateIn } from "../../support/driver-options";
import { InMemoryObjectClient, inMemoryBucket, writeObject } from "../../support/in-memory-object-client";
import { ReplicatedPair } from "../../support/replicated-pair";

const SEED = 20261121;

/** Keys with all that is strange about them, and often with a beginning in common. */
const anyKey = fc.oneof(
  fc.string({ unit: "binary", minLength: 1, maxLength: 6 }),
  fc.string({ unit: fc.constantFrom("a", "b", "/", "é", "￿", "😀"), minLength: 1, maxLength: 5 }),
  fc.tuple(fc.constantFrom("2025/", "2026/"), fc.nat({ max: 99_999 })).map(([year, day]) => `${year}${day}`),
);
const sortedKeys = fc.uniqueArray(anyKey, { maxLength: 60 }).map((keys) => keys.toSorted(compareKeys));

describe("a key between two others", () => {
  it("lies strictly between them, by the bytes by which stores list", () => {
    fc.assert(
      fc.property(anyKey, fc.option(anyKey, { nil: undefined }), (one, other) => {
        const [low, high] = other === undefined ? [one, undefined] : [one, other].toSorted(compareKeys);
        fc.pre(low !== undefined && low !== high);
        const between = keyBetween(low, high);
        if (between === undefined) return;
        expect(Buffer.from(between).toString()).toBe(between);
        expect(Buffer.compare(Buffer.from(low), Buffer.from(between))).toBeLessThan(0);
        if (high !== undefined)
          expect(Buffer.compare(Buffer.from(between), Buffer.from(high))).toBeLessThan(0);
      }),
      { seed: SEED, numRuns: 1000 },
    );
  });

  it.each([
    ["", undefined],
    ["a", "b"],
    ["2025/12/31", "2026/01/01"],
    ["photo-1", "photo-2"],
    ["", "a"],
    ["￿", "😀"],
  ])("is found between %j and %j", (low, high) => {
    expect(keyBetween(low, high)).toBeDefined();
  });

  it("is none where nothing can lie, or the keys are not in order", () => {
    expect(keyBetween("a", "a")).toBeUndefined();
    expect(keyBetween("b", "a")).toBeUndefined();
    expect(keyBetween("a", "a ")).toBeUndefined();
  });
});

describe("sampling keys", () => {
  const storeWith = (keys: readonly string[]) => {
    const bucket = inMemoryBucket();
    for (const key of keys) writeObject(bucket, key, "");
    return bucket;
  };
  const read = (
    keys: readonly string[],
    change: { after?: string; pages?: number; requests?: string[]; readers?: number } = {},
  ) => {
    let left = change.pages ?? Number.POSITIVE_INFINITY;
    return sampleKeys({
      client: new InMemoryObjectClient({
        bucket: storeWith(keys),
        intercept: (operation) => void change.requests?.push(operation),
      }),
      retrying: (task) => task(),
      after: change.after,
      keysPerRange: 10,
      mayGoOn: () => left-- > 0,
      pageSize: 1,
      readers: change.readers ?? 4,
    });
  };

  it("counts every key once, in order, however many read side by side", async () => {
    await fc.assert(
      fc.asyncProperty(sortedKeys, fc.integer({ min: 1, max: 8 }), async (keys, readers) => {
        const samples = await read(keys, { readers });
        expect(samples).toEqual(keys.map((key) => ({ key, keys: 1 })));
      }),
      { seed: SEED, numRuns: 60 },
    );
  });

  it("reads in many places at one time where there is much to read", async () => {
    const keys = Array.from({ length: 400 }, (_, index) => `2026/${String(index).padStart(6, "0")}`);
    const bucket = storeWith(keys);
    let now = 0;
    let most = 0;

    const samples = await sampleKeys({
      client: new InMemoryObjectClient({
        bucket,
        intercept: async () => {
          now += 1;
          most = Math.max(most, now);
          await new Promise((resolve) => setImmediate(resolve));
          now -= 1;
        },
      }),
      retrying: (task) => task(),
      keysPerRange: 10,
      mayGoOn: () => true,
      pageSize: 1,
      readers: 4,
    });

    expect(samples.map(({ key }) => key)).toEqual(keys);
    expect(most).toBe(4);
  });

  it("begins after the keys that are known, and asks once where there is nothing", async () => {
    const requests: string[] = [];

    expect(await read(["a", "b", "c"], { after: "b" })).toEqual([{ key: "c", keys: 1 }]);
    expect(await read([], { requests })).toEqual([]);
    expect(requests).toEqual(["list"]);
  });

  it("ends when time is up, and still leaves what it did not read in the key space", async () => {
    const keys = Array.from({ length: 300 }, (_, index) => String(index).padStart(4, "0"));

    for (const pages of [0, 3, 60, 150, 250]) {
      const samples = await read(keys, { pages });
      expect(samples.map(({ key }) => key)).toEqual(samples.map(({ key }) => key).toSorted(compareKeys));
      expect(samples.length).toBeLessThanOrEqual(pages);
    }
  });

  it("fails as a whole when a listing fails", async () => {
    const refused = new StoreError("no", { kind: "access-denied", operation: "ListObjectsV2", bucket: "b" });
    const client = new InMemoryObjectClient({
      intercept: () => {
        throw refused;
      },
    });

    const failing = sampleKeys({ client, retrying: (task) => task(), keysPerRange: 10, mayGoOn: () => true });

    await expect(failing).rejects.toBe(refused);
  });
});

describe("a plan", () => {
  const rangesOf = (plan: FanOutPlan) =>
    Array.from({ length: rangeCount(plan) }, (_, range) => rangeOf(plan, range));
  const anySample: fc.Arbitrary<Sample> = fc.record({ key: anyKey, keys: fc.integer({ min: 0, max: 50 }) });

  it("holds every key in exactly one range, whatever was sampled", () => {
    fc.assert(
      fc.property(fc.array(anyKey), fc.array(anySample), fc.array(anyKey), (sampled, beyond, keys) => {
        const ranges = rangesOf(planRanges(1, sampled, beyond, 40));
        for (const key of keys) {
          const holding = ranges.filter(
            ({ after, upto }) =>
              (after === undefined || compareKeys(after, key) < 0) &&
              (upto === undefined || compareKeys(key, upto) <= 0),
          );
          expect(holding).toHaveLength(1);
        }
      }),
      { seed: SEED, numRuns: 300 },
    );
  });

  it("is one range without bounds for an empty store", () => {
    expect(rangesOf(planRanges(1, [], [], 40))).toEqual([{ after: undefined, upto: undefined }]);
  });

  it("cuts after every so many keys, and keeps what earlier passes sampled", () => {
    const beyond = ["d", "e", "f", "g"].map((key) => ({ key, keys: 20 }));

    expect(planRanges(1, ["b", "c"], beyond, 40).boundaries).toEqual(["b", "c", "e", "g"]);
  });

  it("has fewer and longer ranges rather than more than one payload holds", () => {
    const sampled = Array.from({ length: 10_000 }, (_, index) => String(index).padStart(6, "0"));

    const plan = planRanges(1, sampled, [], 40);

    expect(rangeCount(plan)).toBeLessThanOrEqual(MOST_RANGES);
    expect(rangeCount(plan)).toBeGreaterThan(MOST_RANGES / 2);
  });
});

describe("what a fan-out came to", () => {
  const plan: FanOutPlan = { id: "plan", epoch: 2, boundaries: ["b"] };
  const result = (range: number, change: Partial<Record<"epoch" | "began" | "failed", number>> = {}) =>
    [range, change.epoch ?? 2, change.began ?? 5000, change.failed ?? 0, 3, 1] as const;

  it("is the sum of its ranges, from the earliest beginning", () => {
    expect(gathered(plan, [result(1, { began: 4000, failed: 2 }), result(0)])).toEqual({
      missing: 0,
      began: 4000,
      failed: 2,
      exceptions: 6,
      suspects: 2,
    });
  });

  it.each([
    ["failed and left nothing", [result(0)]],
    ["failed and left its error", [result(0), { Error: "States.TaskFailed", Cause: "…" }]],
    ["came to its end in another epoch", [result(0), result(1, { epoch: 1 })]],
    ["is there twice in the place of another", [result(0), result(0)]],
    ["is none of the plan", [result(0), result(2)]],
    ["has no figures", [result(0), [1, 2, null, 0, 0, 0]]],
  ])("lacks a range that %s", (_case, results: readonly unknown[]) => {
    expect(gathered(plan, results).missing).toBe(1);
  });

  const lineage = { epoch: 2, source: "p", destination: "s" };
  const figures: PlanFigures = { missing: 0, began: 1_000_000, failed: 0, exceptions: 0, suspects: 0 };
  const at = (milliseconds: number) => new Date(milliseconds).toISOString();
  const conclude = (before: Partial<Progress>, change: Partial<PlanFigures> = {}) =>
    concludedFanOut({ ...lineage, ...before }, { ...figures, ...change }, new Date(3_000_000));

  it("moves sync point and watermark as a sweep does, and never back", () => {
    const lastRun = { endedAt: at(3_000_000), outcome: "clean", exceptionCounts: {} };
    expect(conclude({})).toEqual({ ...lineage, syncPoint: at(999_000), watermark: at(1_000_000), lastRun });
    expect(conclude({ syncPoint: at(2_000_000), watermark: at(2_000_000) })).toEqual({
      ...lineage,
      syncPoint: at(2_000_000),
      watermark: at(2_000_000),
      lastRun,
    });
  });

  it("leaves the watermark where it was if anything must be looked at again, and the sync point if too much", () => {
    expect(conclude({}, { failed: 1, exceptions: 1 })).not.toHaveProperty("watermark");
    expect(conclude({}, { suspects: 1, exceptions: 1 })).not.toHaveProperty("watermark");
    expect(conclude({}, { exceptions: 5 })).toMatchObject({
      syncPoint: at(999_000),
      watermark: at(1_000_000),
    });
    expect(conclude({}, { exceptions: 1001 })).not.toHaveProperty("syncPoint");
    expect(conclude({}, { failed: 1, exceptions: 3 })).toHaveProperty("lastRun", {
      endedAt: at(3_000_000),
      outcome: "failed",
      exceptionCounts: { failed: 1 },
      unclassified: 2,
    });
  });

  it("ends a sweep's pass that began earlier, and no later one; suspects are kept", () => {
    const checkpoint = (passBegan: string) => ({ after: "k", passBegan, failed: 0, exceptions: 0 });

    expect(conclude({ checkpoint: checkpoint(at(900_000)), suspects: ["x"] })).toMatchObject({
      suspects: ["x"],
    });
    expect(conclude({ checkpoint: checkpoint(at(900_000)) })).not.toHaveProperty("checkpoint");
    expect(conclude({ checkpoint: checkpoint(at(1_100_000)) })).toHaveProperty("checkpoint");
  });
});

/** The state machine, in a few lines: its own definition is proven elsewhere. */
async function fanOut(options: () => FanOutOptions) {
  const planned = await runFanOut(options(), { task: "plan" });
  if (!("ranges" in planned)) throw new Error("no plan");
  const results: RangeResult[] = [];
  let pieces = 0;
  for (const range of planned.ranges) {
    let answer = { task: "range", plan: planned.plan, range, done: false } as RangeAnswer;
    while (!answer.done) {
      pieces += 1;
      answer = (await runFanOut(options(), answer)) as RangeAnswer;
    }
    results.push(answer.result);
  }
  const finish = () => runFanOut(options(), { task: "finish", plan: planned.plan, results });
  return { planned, results, pieces, finish };
}

describe("a fan-out", () => {
  const keys = Array.from({ length: 40 }, (_, index) => `k${String(index).padStart(2, "0")}`);
  const written = () => {
    const pair = new ReplicatedPair();
    for (const key of keys) pair.write("primary", key, `body of ${key}`);
    return pair;
  };

  it("copies everything in ranges, and moves the sync point to before the first of them began", async () => {
    const pair = written();
    // Only an earlier pass samples as finely as this.
    await pair.run();
    const progress = stateIn(pair, "secondary", PROGRESS_KEY);
    writeObject(
      pair.buckets.secondary,
      PROGRESS_KEY,
      JSON.stringify({ ...progress, boundaries: ["k09", "k19", "k29"] }),
    );
    for (const key of keys) pair.write("primary", key, `new body of ${key}`);
    const began = pair.clock.wall().getTime();

    const { planned, finish } = await fanOut(() => optionsFor(pair));
    pair.clock.advance(60_000);
    const finished = await finish();

    expect(planned.ranges).toEqual([0, 1, 2, 3]);
    expect(keys.filter((key) => pair.body("secondary", key) !== `new body of ${key}`)).toEqual([]);
    expect(finished).toMatchObject({ complete: true, failed: 0, exceptions: 0 });
    const { syncPoint, watermark } = stateIn(pair, "secondary", PROGRESS_KEY);
    expect(finished).toHaveProperty("syncPoint", syncPoint);
    expect(Date.parse(syncPoint)).toBeLessThanOrEqual(began);
    expect(Date.parse(syncPoint)).toBeGreaterThanOrEqual(began - 2000);
    // Seeded keys need not be looked at one by one in the next sweep.
    expect(Date.parse(watermark)).toBeGreaterThan(Date.parse(syncPoint));
    const after = await pair.run();
    expect(after).toMatchObject({ outcome: "clean", copied: 0, unchanged: 40 });
  });

  it("goes on with what remains of a range, and counts and dates it as one", async () => {
    const pair = written();
    let budget = 0;
    // Each request takes a second of a budget that grows: the first pieces end early, the last one gets through.
    pair.intercept = (_store, operation) => {
      if (operation === "put") pair.clock.advance(1000);
    };

    const { pieces, results, finish } = await fanOut(() => {
      budget += 10_000;
      return optionsFor(pair, { budgetMilliseconds: budget, limits: { smallAtFirst: 1, smallAtMost: 1 } });
    });

    expect(pieces).toBeGreaterThan(1);
    expect(results).toHaveLength(1);
    expect(keys.filter((key) => pair.body("secondary", key) === undefined)).toEqual([]);
    expect(await finish()).toMatchObject({ complete: true });
    expect(Date.parse(stateIn(pair, "secondary", PROGRESS_KEY).syncPoint)).toBeLessThanOrEqual(
      results[0]?.[2] ?? 0,
    );
  });

  it("that comes no further fails its range, so that the machine waits and tries again", async () => {
    const pair = written();
    const { plan } = (await runFanOut(optionsFor(pair), { task: "plan" })) as { plan: string };
    pair.intercept = (store, operation) => {
      if (store === "secondary" && operation === "list") {
        throw new StoreError("gone", { kind: "unreachable", operation: "ListObjectsV2", bucket: "s" });
      }
    };

    const attempt = runFanOut(optionsFor(pair), { task: "range", plan, range: 0 });

    await expect(attempt).rejects.toMatchObject({
      name: "RangeStoppedError",
      message: expect.stringContaining("gone"),
    });
  });

  it("is void after a flip: its ranges stop, and nothing says that it was completed", async () => {
    const pair = written();
    await pair.run();
    const { planned, results } = await fanOut(() => optionsFor(pair));

    pair.flip("secondary");
    const range = runFanOut(optionsFor(pair), { task: "range", plan: planned.plan, range: 0 });
    await expect(range).rejects.toMatchObject({ name: "FanOutVoidError" });
    const finish = runFanOut(optionsFor(pair), { task: "finish", plan: planned.plan, results });
    await expect(finish).rejects.toMatchObject({ name: "FanOutVoidError" });

    pair.flip("primary");
    const later = runFanOut(optionsFor(pair), { task: "finish", plan: planned.plan, results });
    await expect(later).rejects.toMatchObject({
      name: "FanOutVoidError",
      message: expect.stringContaining("epoch 3"),
    });
  });

  it("is void once another was planned", async () => {
    const pair = written();
    const { plan } = (await runFanOut(optionsFor(pair), { task: "plan" })) as { plan: string };
    await runFanOut(optionsFor(pair), { task: "plan" });

    const range = runFanOut(optionsFor(pair), { task: "range", plan, range: 0 });

    await expect(range).rejects.toMatchObject({ name: "FanOutVoidError" });
    expect(pair.body("secondary", FAN_OUT_KEY)).not.toContain(plan);
    expect(pair.body("primary", FAN_OUT_KEY)).toBeUndefined();
  });

  it("with a range missing leaves the sync point alone, and says how many", async () => {
    const pair = written();
    const { planned } = await fanOut(() => optionsFor(pair));

    const finished = await runFanOut(optionsFor(pair), { task: "finish", plan: planned.plan, results: [] });

    expect(finished).toEqual({
      complete: false,
      reason: "1 of 1 ranges did not come to their end",
      failed: 0,
      exceptions: 0,
    });
    expect(stateIn(pair, "secondary", PROGRESS_KEY)).not.toHaveProperty("syncPoint");
  });

  it("saves beside a sweep that saves at the same moment", async () => {
    const pair = written();
    const { finish } = await fanOut(() => optionsFor(pair));
    let races = 1;
    pair.intercept = (store, operation, key) => {
      if (store !== "secondary" || operation !== "put" || key !== PROGRESS_KEY || races === 0) return;
      races -= 1;
      writeObject(
        pair.buckets.secondary,
        PROGRESS_KEY,
        JSON.stringify(stateIn(pair, "secondary", PROGRESS_KEY)),
      );
    };

    // The first writing finds what the sweep left, which is of no epoch that there is.
    writeObject(
      pair.buckets.secondary,
      PROGRESS_KEY,
      JSON.stringify({ epoch: 0, source: "x", destination: "y" }),
    );

    expect(await finish()).toMatchObject({ complete: true });
    expect(races).toBe(0);
    expect(stateIn(pair, "secondary", PROGRESS_KEY)).toMatchObject({ epoch: 1 });
  });
});
