import { describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import regressions from "../lambda/replicator/model/system/regressions.json";
import { GOOD_END, liveThrough, systemHistory } from "../lambda/replicator/model/system/system-history";
import type { SystemStep } from "../lambda/replicator/model/system/system-steps";

/** Many more, spread over processes: `npx tsx scripts/histories.ts --histories 100000`. */
const HISTORIES = Number(process.env.HISTORIES ?? 1000);
const SEED = Number(process.env.HISTORIES_SEED ?? 20_260_401);

describe("random histories of the whole system", () => {
  it(
    "keep the invariants of data, readers, writers and operators, whatever fails and whoever flips",
    async () => {
      const met = new Map<string, number>();
      const property = fc.asyncProperty(systemHistory, async (steps) => {
        expect(await liveThrough(steps, met)).toEqual(GOOD_END);
      });
      const examples = regressions.map(({ steps }): [SystemStep[]] => [steps as SystemStep[]]);
      const details = await fc.check(property, { numRuns: HISTORIES, seed: SEED, examples });
      if (details.failed) {
        const [steps] = details.counterexample ?? [];
        throw new Error(
          `seed ${details.seed}, path ${details.counterexamplePath}; for model/system/regressions.json: ${JSON.stringify(steps)}`,
          { cause: details.errorInstance },
        );
      }
      // Histories that end well by never meeting anything would prove nothing.
      for (const what of MET) expect([what, (met.get(what) ?? 0) > 0]).toEqual([what, true]);
    },
    120_000 + HISTORIES * 500,
  );
});

const MET = [
  ...["clean", "stopped", "yielded", "conflict", "stray", "crash", "flip"],
  ...[
    "flip done",
    "flip refused",
    "flip interrupted",
    "flip taken over",
    "flip called off",
    "flip done before",
  ],
  ...["writer held back", "late write"],
  ...[
    "refusing",
    "hanging",
    "unreachable",
    "bad certificate",
    "no address",
    "wrong health body",
    "met by one region",
    "met by two regions",
  ],
  ...["read from the active store", "read from the standby", "retried read", "failed read"],
];
