import { type ScenarioStage, StepFailedError } from "../scenario-stage";
import type { StepOf } from "../step-schema";

/** Lines of a command's output that are shown when it is not what was expected. */
const SHOWN_LINES = 12;

/** @throws StepFailedError when the command ends or speaks otherwise than the scenario says */
export async function operate(stage: ScenarioStage, step: StepOf<"operator">): Promise<void> {
  const words = typeof step.run === "string" ? step.run.trim().split(/\s+/) : step.run;
  const run = words.map((word) => word.replaceAll("{fence}", wholeFence(stage)));
  const { event, output } = await stage.operator.run(step.who, run);
  const command = `storage-failover ${run.join(" ")}`;
  const shown = output.trim().split("\n").slice(-SHOWN_LINES).join("\n");
  if (event.exitCode !== step.exit) {
    throw new StepFailedError(
      `"${command}" ended with ${event.exitCode ?? "a signal"}, expected ${step.exit}; it said:\n${shown}`,
    );
  }
  const missing = [step.says ?? []].flat().filter((text) => !output.includes(text));
  if (missing.length > 0) {
    throw new StepFailedError(
      `"${command}" did not say ${missing.map((text) => `"${text}"`).join(" and ")}; it said:\n${shown}`,
    );
  }
}

/** Seconds of this machine, as the command counts them: it does not know that time is scaled. */
function wholeFence({ timing }: ScenarioStage): string {
  return String(Math.ceil(timing.fenceMilliseconds / 1000));
}

/** The pipeline's part: the plan of the other toggle, applied through Cloudflare's API. */
export async function apply(stage: ScenarioStage, { active }: StepOf<"apply">): Promise<void> {
  const { cloudflare, clock, emit, plans, changedPaths } = stage;
  await cloudflare.apply(active);
  const marker = plans[active].edge.marker.content;
  emit({ type: "plan-applied", at: clock(), active, marker, changedPaths });
}

/** Somebody edits the record by hand. */
export async function changeMarker(stage: ScenarioStage, marker: StepOf<"marker">): Promise<void> {
  await stage.edge.publishMarker(marker);
  stage.emit({ type: "marker", at: stage.clock(), marker });
}
