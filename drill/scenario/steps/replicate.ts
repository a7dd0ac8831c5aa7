import { markReplicated } from "../../stage/replicated-values";
import { type ScenarioStage, StepFailedError } from "../scenario-stage";
import type { StepOf } from "../step-schema";

/** @throws StepFailedError, NoCleanRunError */
export async function replicate(stage: ScenarioStage, step: StepOf<"replicate">): Promise<void> {
  const { replicator, signal } = stage;
  if ("until" in step) {
    markReplicated(stage, await replicator.runUntilClean(signal));
    return;
  }
  if ("begin" in step) {
    void replicator.runOnce();
    return;
  }
  const report = await replicator.runOnce();
  const outcome = report?.outcome ?? "none";
  if (step.outcome !== "any" && outcome !== step.outcome) {
    const why = report?.reason === undefined ? "" : `: ${report.reason}`;
    throw new StepFailedError(`the run of the replicator was ${outcome}${why}; expected ${step.outcome}`);
  }
  if (report?.outcome === "clean") markReplicated(stage, report);
}
