import type { WriteDone } from "../../evidence/events";
import { inParallel } from "../../workload/in-parallel";
import { type ScenarioStage, StepFailedError } from "../scenario-stage";
import type { StepOf } from "../step-schema";

const WRITES_AT_ONCE = 8;

/** @throws StepFailedError when the store does not acknowledge it */
export async function put(stage: ScenarioStage, step: StepOf<"put">): Promise<void> {
  const { store, by } = step;
  await forEachKey(step, async (key) => {
    const body = Buffer.from(step.body ?? `${key}\nas the ${store} was given it by a ${by}\n`);
    return stage.writer.putNow(store, key, body, { by });
  });
}

/** @throws StepFailedError when the store does not acknowledge it */
export async function remove(stage: ScenarioStage, step: StepOf<"delete">): Promise<void> {
  await forEachKey(step, (key) => stage.writer.deleteNow(step.store, key, step.by));
}

async function forEachKey(
  { key, keys, store }: StepOf<"put"> | StepOf<"delete">,
  write: (key: string) => Promise<WriteDone>,
): Promise<void> {
  await inParallel(keysOf(key, keys), WRITES_AT_ONCE, async (one) => {
    const { operation, outcome, reason } = await write(one);
    if (outcome !== "acknowledged") {
      throw new StepFailedError(`${operation} of "${one}" on the ${store} was ${outcome}: ${reason ?? "?"}`);
    }
  });
}

/** The key itself, or so many with a number behind it. */
function keysOf(key: string, count: number | undefined): readonly string[] {
  if (count === undefined) return [key];
  return Array.from({ length: count }, (_, index) => `${key}${String(index + 1).padStart(5, "0")}`);
}
