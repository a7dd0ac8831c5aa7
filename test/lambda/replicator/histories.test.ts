import { describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import { LAST_CALM, live, type Step, step } from "./model/steps";
import { World } from "./model/world";
import regressions from "./regressions.json";

/** Many more may be asked for, with new ones each time: `HISTORIES=50000 npx jest test/lambda/replicator/histories`. */
const HISTORIES = Number(process.env.HISTORIES ?? 600);
const SEED = Number(
  process.env.HISTORIES_SEED ?? (process.env.HISTORIES ? Date.now() % 2 ** 31 : 20_260_301),
);

describe("random histories", () => {
  it(
    "keep the invariants, and converge when the faults stop",
    async () => {
      const met = new Map<string, number>();
      const examples = regressions.map(({ steps }): [Step[]] => [steps as Step[]]);
      const property = fc.asyncProperty(fc.array(step, { minLength: 2, maxLength: 14 }), async (steps) => {
        const world = new World();
        await live(world, steps);
        await live(world, LAST_CALM);
        const [report] = await world.runs([{ kind: "sweep", budget: 600_000, skew: 0, mostDeletions: 1000 }]);
        if (report === undefined) throw new Error("the last run came to no end");
        world.checkCalm(report);
        expect({ outcome: report.outcome, violations: world.ledger.violations }).toEqual({
          outcome: "clean",
          violations: [],
        });
        expect(world.changes).toEqual([]);
        for (const [what, times] of world.met) met.set(what, (met.get(what) ?? 0) + times);
        if (world.ledger.undone > 0) met.set("undone", (met.get("undone") ?? 0) + 1);
      });
      const details = await fc.check(property, { numRuns: HISTORIES, seed: SEED, examples });
      if (details.failed) {
        const [steps] = details.counterexample ?? [];
        throw new Error(
          `seed ${details.seed}, path ${details.counterexamplePath}; for regressions.json: ${JSON.stringify(steps)}`,
          { cause: details.errorInstance },
        );
      }
      // Histories that end well by never meeting anything would prove nothing.
      if (process.env.HISTORIES) console.log(Object.fromEntries(met));
      for (const what of MET) expect([what, (met.get(what) ?? 0) > 0]).toEqual([what, true]);
    },
    120_000 + HISTORIES * 500,
  );
});

const MET = [
  ...["clean", "incomplete", "failed", "stopped", "yielded"],
  ...["conflict", "late", "deleted", "stray", "withheld", "unsupported"],
  ...["removed", "upload", "aborted", "restore", "client's upload completed"],
  ...["crash", "crash after", "lose answer", "duplicate", "cut body", "short page", "stall", "flip", "act"],
];
