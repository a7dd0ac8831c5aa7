import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from "@jest/globals";
import {
  type BenchStores,
  BUILD_MILLISECONDS,
  holding,
  madeUpObjects,
  startBenchStores,
} from "../support/bench-stores";
import { BuiltFunction } from "../support/built-function";
import { describeWithBenchStores } from "../support/describe-with-bench-stores";

const PATIENCE = 300_000;
const MIB = 1024 ** 2;
/** It takes some seconds for each; `HUGE_OBJECT_GIB=5` shows that it is all the same. */
const HUGE_GIB = Number(process.env.HUGE_OBJECT_GIB ?? 1);
const MOST_RESIDENT = 200 * 1000 ** 2;

describeWithBenchStores("the built function with 128 MiB of heap", () => {
  let stores: BenchStores;
  let replicator: BuiltFunction;

  beforeAll(async () => {
    stores = await startBenchStores();
  }, BUILD_MILLISECONDS);

  afterAll(() => stores.stop());

  /** A process of its own for each test: the most that it has held is never forgotten. */
  beforeEach(async () => {
    const nothing = holding(madeUpObjects({ count: 0 }));
    await Promise.all([stores.source.load(nothing), stores.destination.load(nothing)]);
    replicator = await BuiltFunction.start({
      endpoints: { primary: stores.source.url(false), secondary: stores.destination.url(false) },
      bucket: "bench",
    });
  });

  afterEach(() => replicator.stop());

  it(
    "goes over a million unchanged keys in less than 200 MB",
    async () => {
      const keys = 1_000_000;
      // A pass that ended cleanly lets the next one believe listings.
      await replicator.sweep();
      const million = holding(madeUpObjects({ count: keys }), true);
      await Promise.all([stores.source.load(million), stores.destination.load(million)]);

      const { report, peakBytes } = await replicator.sweep();

      expect(report).toMatchObject({ outcome: "clean", listed: keys, unchanged: keys, copied: 0 });
      expect(peakBytes).toBeLessThan(MOST_RESIDENT);
    },
    PATIENCE,
  );

  it(
    `copies an object of ${HUGE_GIB} GiB in parts in less than 200 MB, to the same ETag`,
    async () => {
      const parts = Array.from({ length: HUGE_GIB * 128 }, () => 8 * MIB);
      const huge = madeUpObjects({ count: 1, parts });
      await stores.source.load(holding(huge));

      const { report, peakBytes } = await replicator.sweep();

      expect(report).toMatchObject({ outcome: "clean", copied: 1, copiedBytes: HUGE_GIB * 1024 * MIB });
      expect(peakBytes).toBeLessThan(MOST_RESIDENT);
      const check = { expected: 1, equal: 1, sameEtag: 1, lost: [], extra: 0 };
      expect(await stores.destination.check(huge)).toEqual(check);
    },
    PATIENCE,
  );

  it(
    "names a thousand of 5,000 conflicts, counts them all, and touches none",
    async () => {
      const keys = 5_000;
      await Promise.all([
        stores.source.load(holding(madeUpObjects({ count: keys, generation: 1 }))),
        stores.destination.load(holding(madeUpObjects({ count: keys, generation: 2 }))),
      ]);

      const { report, peakBytes } = await replicator.sweep();

      expect(report).toMatchObject({ outcome: "clean", copied: 0, exceptionCounts: { conflict: keys } });
      expect(report.exceptions).toHaveLength(1000);
      expect(peakBytes).toBeLessThan(MOST_RESIDENT);
      expect(await stores.destination.requests()).not.toHaveProperty("PutObject");
    },
    PATIENCE,
  );
});
