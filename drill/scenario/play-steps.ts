import { allEnded } from "../machine/all-ended";
import { errorReason } from "../machine/caught-error";
import { beginPhase } from "../stage/stage";
import { type ScenarioStage, StepFailedError } from "./scenario-stage";
import type { Step } from "./step-schema";
import { events } from "./steps/events";
import { compare, survey } from "./steps/look";
import { apply, changeMarker, operate } from "./steps/operate";
import { recall } from "./steps/recall";
import { replicate } from "./steps/replicate";
import { wait } from "./steps/wait";
import { put, remove } from "./steps/write";

/**
 * Plays one step after the other.
 *
 * @param onStep - told in words what begins
 * @throws StepFailedError with the step's number and what was wrong with it
 */
export async function playSteps(
  stage: ScenarioStage,
  steps: readonly Step[],
  onStep: (words: string) => void,
  place = "step",
): Promise<void> {
  for (const [index, step] of steps.entries()) {
    stage.signal.throwIfAborted();
    const name = `${place} ${index + 1}`;
    onStep(wordsOf(step));
    try {
      await playStep(stage, step, onStep, name);
    } catch (error) {
      stage.signal.throwIfAborted();
      throw named(error, `${name} (${wordsOf(step)})`);
    }
  }
}

async function playStep(
  stage: ScenarioStage,
  step: Step,
  onStep: (words: string) => void,
  name: string,
): Promise<void> {
  if ("together" in step) {
    await allEnded(step.together.map((one) => playStep(stage, one, onStep, name)));
  } else if ("repeat" in step) {
    for (let time = 1; time <= step.repeat.times; time += 1) {
      await playSteps(stage, step.repeat.steps, onStep, `${name}, time ${time}, step`);
    }
  } else if ("phase" in step) {
    beginPhase(stage, step.phase);
  } else if ("fault" in step) {
    await stage.breakages.break(step.fault);
  } else if ("mend" in step) {
    await stage.breakages.mend(step.mend);
  } else if ("wait" in step) {
    await wait(stage, step.wait);
  } else if ("operator" in step) {
    await operate(stage, step.operator);
  } else if ("apply" in step) {
    await apply(stage, step.apply);
  } else if ("marker" in step) {
    await changeMarker(stage, step.marker);
  } else if ("replicate" in step) {
    await replicate(stage, step.replicate);
  } else if ("schedule" in step) {
    await (step.schedule === "on" ? stage.replicator.start() : stage.replicator.stop());
  } else if ("writer" in step) {
    await (step.writer === "on" ? stage.writer.start() : stage.writer.rest());
  } else if ("put" in step) {
    await put(stage, step.put);
  } else if ("delete" in step) {
    await remove(stage, step.delete);
  } else if ("events" in step) {
    await events(stage, step.events);
  } else if ("recall" in step) {
    await recall(stage, step.recall);
  } else if ("survey" in step) {
    await survey(stage, step.survey);
  } else {
    await compare(stage, step.compare);
  }
}

function named(error: unknown, step: string): Error {
  if (error instanceof StepFailedError && error.message.startsWith("step ")) return error;
  return new StepFailedError(`${step}: ${errorReason(error)}`, { cause: error });
}

/** What a step is, in one line. */
export function wordsOf(step: Step): string {
  if ("together" in step) return step.together.map(wordsOf).join(" and ");
  if ("repeat" in step) return `${step.repeat.times} times ${step.repeat.steps.map(wordsOf).join(", ")}`;
  if ("operator" in step) return `storage-failover ${[step.operator.run].flat().join(" ")}`;
  const [verb, what] = Object.entries(step)[0] ?? ["", ""];
  return `${verb} ${typeof what === "string" ? what : flat(what)}`;
}

function flat(what: unknown): string {
  if (typeof what !== "object" || what === null) return String(what);
  return Object.entries(what)
    .filter(([name]) => name !== "within" && name !== "by")
    .map(([name, value]) => (typeof value === "object" ? flat(value) : `${name} ${String(value)}`))
    .join(", ");
}
