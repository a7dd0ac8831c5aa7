import type { RunReport } from "../../../lambda/replicator/report";
import { surveyStore } from "../../comparison/survey";
import { reviveStore } from "../../stage/kill-store";
import { markReplicated } from "../../stage/replicated-values";
import { runSummary } from "../../stage/run-summary";
import { beginPhase } from "../../stage/stage";
import type { DemoStage } from "../demo-stage";

/** The primary returns with what it had, and replication runs the other way. */
export async function playReturn(stage: DemoStage): Promise<void> {
  const { options, emit, clock, stores } = stage;
  const step = options.progress.step("primary back, replicating in reverse");
  beginPhase(stage, "reverse");
  await reviveStore(stores, "primary");
  emit({ type: "fault", at: clock(), target: "primary", fault: "none" });
  emit(await surveyStore({ store: stores.running.primary, moment: "primary-returned", clock }));

  step.update("catching up");
  const report = await stage.replicator.runUntilClean(options.signal);
  markReplicated(stage, report);
  step.done(runSummary(report), `not touched and named in the report: ${exceptionWords(report)}`);
}

/** `1 conflict kept on both sides, 2 late, …` */
export function exceptionWords({ exceptionCounts }: RunReport): string {
  const words = Object.entries(exceptionCounts)
    .filter(([, keys]) => keys > 0)
    .map(([kind, keys]) => `${keys} ${kind}${kind === "conflict" ? " (kept on both sides)" : ""}`);
  return words.length === 0 ? "nothing" : words.join(", ");
}
