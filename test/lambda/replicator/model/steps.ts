import fc from "fast-check";
import { STORE_NAMES } from "../../../../contract/stores";
import type { RunReport } from "../../../../lambda/replicator/report";
import { type Act, CALM_SWEEP, type Disturbance, type Plan, type World } from "./world";

/** Few keys, contents and headers, so that the same ones meet again and again. */
const key = fc.constantFrom("a", "b", "c");
const body = fc.constantFrom("x", "y");
const seldom = fc.constantFrom(false, false, false, true);

const write = fc.record({
  type: fc.constant("write" as const),
  stale: seldom,
  key,
  body,
  look: fc.constantFrom("plain", "plain", "headers", "metadata", "tags", "unsupported", "keeps all metadata"),
  form: fc.constantFrom("single", "single", "single", "multipart", "encrypted", "encrypted multipart"),
});
const act: fc.Arbitrary<Act> = fc.oneof(
  { weight: 6, arbitrary: write },
  { weight: 2, arbitrary: fc.record({ type: fc.constant("delete" as const), key, stale: seldom }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant("begin upload" as const), key, stale: seldom }) },
  { weight: 1, arbitrary: fc.constant({ type: "complete upload" as const }) },
  {
    weight: 1,
    arbitrary: fc.record({
      type: fc.constant("restore" as const),
      key,
      stale: seldom,
      age: fc.integer({ min: 0, max: 3 }),
    }),
  },
);

const wait = fc.constantFrom(0, 0, 0, 1_000, 21_000, 29_000, 100_000, 400_000);
/** A sweep of three keys asks about thirty times; other runs come on top. */
const at = fc.oneof(fc.integer({ min: 1, max: 45 }), fc.integer({ min: 16, max: 70 }));
const disturbance: fc.Arbitrary<Disturbance> = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({
      at,
      wait,
      type: fc.constant("fail" as const),
      kind: fc.constantFrom(
        "unreachable",
        "timeout",
        "server-error",
        "throttled",
        "malformed-answer",
        "access-denied",
        "precondition-failed",
      ),
    }),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      at,
      wait,
      type: fc.constantFrom(
        "crash",
        "crash after",
        "lose answer",
        "duplicate",
        "cut body",
        "short page",
        "stall",
        "wait",
        "flip",
      ),
    }),
  },
  { weight: 3, arbitrary: fc.record({ at, wait, type: fc.constant("act" as const), act }) },
);

const plan: fc.Arbitrary<Plan> = fc.record({
  kind: fc.constantFrom("sweep", "sweep", "sweep", "ranges", "keys", "by hand"),
  budget: fc.constantFrom(600_000, 600_000, 600_000, 25_000, 0),
  skew: fc.constantFrom(0, 0, -600_000, 600_000),
  mostDeletions: fc.constantFrom(1000, 1000, 1, 0),
});
const runs = fc.record({
  type: fc.constant("runs" as const),
  plans: fc.array(plan, { minLength: 1, maxLength: 3 }),
  disturbances: fc.oneof(
    { weight: 1, arbitrary: fc.constant([]) },
    { weight: 5, arbitrary: fc.array(disturbance, { minLength: 1, maxLength: 6 }) },
  ),
  turns: fc.array(fc.integer({ min: 0, max: 3 }), { maxLength: 5 }),
  unreachable: fc.constantFrom(...Array<undefined>(10), ...STORE_NAMES),
});
type Runs = typeof runs extends fc.Arbitrary<infer T> ? T : never;
const CALM: Runs = {
  type: "runs",
  plans: [CALM_SWEEP],
  disturbances: [],
  turns: [],
  unreachable: undefined,
};

export type Step =
  | Runs
  | { readonly type: "act"; readonly act: Act }
  | { readonly type: "pass"; readonly milliseconds: number }
  | { readonly type: "flip"; readonly planned: boolean; readonly wait: number };

export const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 8, arbitrary: fc.record({ type: fc.constant("act" as const), act }) },
  { weight: 2, arbitrary: fc.record({ type: fc.constant("flip" as const), planned: seldom, wait }) },
  { weight: 3, arbitrary: fc.constant(CALM) },
  { weight: 6, arbitrary: runs },
);

/**
 * The faults stop: after half an hour every lease has run out, whatever the clocks say. The first run may only end a
 * pass that was interrupted.
 */
export const LAST_CALM: readonly Step[] = [{ type: "pass", milliseconds: 1_800_000 }, CALM, CALM];

/** @returns what the last runs reported */
export async function live(world: World, steps: readonly Step[]): Promise<readonly RunReport[]> {
  let last: readonly RunReport[] = [];
  for (const one of steps) {
    if (one.type === "pass") world.clock.advance(one.milliseconds);
    if (one.type === "act") {
      await world.noteFlip();
      world.act(one.act);
    }
    if (one.type === "flip" && one.planned) await world.flipAsPlanned();
    else if (one.type === "flip") {
      world.flipOver();
      world.clock.advance(one.wait);
    }
    if (one.type === "runs") {
      last = await world.runs(one.plans, one.disturbances, one.turns, one.unreachable);
    }
  }
  return last;
}
