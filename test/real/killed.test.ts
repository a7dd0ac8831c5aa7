import { expect, it } from "@jest/globals";
import { liveThroughKills } from "../support/killed-runs/killed-history";
import { describeReal } from "../support/real-stores";

/** Others may be asked for: `KILLS=1000 KILLS_SEED=7 npx jest test/real/killed --selectProjects real`. */
const KILLS = Number(process.env.KILLS ?? 100);
const SEED = Number(process.env.KILLS_SEED ?? 20_260_301);
const HISTORIES = 4;

describeReal("the deployed replicator, killed at random points", ["minio"], () => {
  const met = new Map<string, number>();

  it.each(Array.from({ length: HISTORIES }, (_, index) => SEED + index))(
    "keeps every invariant through a history of overwrites, deletions, uploads and flips (seed %i)",
    async (seed) => {
      const lived = await liveThroughKills({ seed, kills: Math.ceil(KILLS / HISTORIES) });
      expect(lived.violations).toEqual([]);
      for (const [what, times] of lived.met) met.set(what, (met.get(what) ?? 0) + times);
    },
    30_000 + KILLS * 2_000,
  );

  it("was killed wherever it matters", () => {
    console.log(Object.fromEntries([...met].sort()));
  });
});
