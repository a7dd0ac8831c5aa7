import { expect, it } from "@jest/globals";
import { UPLOADS_KEY } from "../../contract/state-keys";
import { liveThroughKills } from "../support/killed-runs/killed-history";
import { describeReal } from "../support/real-stores";

/** More may be asked for, with new ones each time: `KILLS=1000 npx jest test/real/killed --selectProjects real`. */
const KILLS = Number(process.env.KILLS ?? 24);
const SEED = Number(process.env.KILLS_SEED ?? (process.env.KILLS ? Date.now() % 2 ** 31 : 20_260_301));

/** At the same time: most of it is waiting. */
const HISTORIES = 3;

describeReal("the deployed replicator, killed at random points", ["minio"], () => {
  it(
    "breaks no invariant, and leaves no upload, through histories of overwrites, deletions, uploads and flips",
    async () => {
      const met = new Map<string, number>();
      const seeds = Array.from({ length: HISTORIES }, (_, index) => SEED + index);
      const share = (index: number) => Math.floor((KILLS + index) / HISTORIES);
      const lived = await Promise.all(
        seeds.map((seed, index) => liveThroughKills({ seed, kills: share(index) })),
      );
      expect(lived.map(({ violations }, index) => ({ seed: seeds[index], violations }))).toEqual(
        seeds.map((seed) => ({ seed, violations: [] })),
      );
      for (const { met: some } of lived) {
        for (const [what, times] of some) met.set(what, (met.get(what) ?? 0) + times);
      }
      if (process.env.KILLS) console.log(Object.fromEntries(met));
      expect(met.get("kill")).toBe(KILLS);
      // Kills that always came at harmless moments would prove nothing.
      if (KILLS >= 100) expect(MET.filter((what) => !met.get(what))).toEqual([]);
    },
    120_000 + KILLS * 10_000,
  );
});

const MET = [
  ...["killed at put", "killed at read", "killed at place marker", `killed at ${UPLOADS_KEY}`],
  ...["killed at begin upload", "killed at send part", "killed at complete upload", "killed at abort upload"],
  ...["killed before", "killed during", "killed after", "clean", "yielded"],
  ...["planned flip", "unplanned flip", "flip during a run", "upload continued", "upload aborted"],
];
