import { outageFigures } from "../../evidence/outage";
import { RunHistory } from "../../evidence/run-history";
import { duration, durationRange } from "../../report/wording";
import { markReplicated } from "../../stage/replicated-values";
import { beginPhase } from "../../stage/stage";
import type { DemoStage } from "../demo-stage";

/** Readers are well again when no read has failed for this long; seconds of the real deployment. */
const QUIET_SECONDS = 20;

/** First outage: the primary answers 503 to everything. No retry helps; the monitors must notice. */
export async function playOutage(stage: DemoStage): Promise<void> {
  const { options, timing, observed, emit, clock, stores } = stage;
  const step = options.progress.step("outage 1: primary answers 503");
  beginPhase(stage, "outage");
  emit({ type: "fault", at: clock(), target: "primary", fault: "answers-503" });
  await stores.gateways.primary.answer503();
  const patience = timing.milliseconds(600);
  const until = (what: string, condition: () => boolean) =>
    observed.until(what, condition, patience, options.signal);

  step.update("waiting for the monitors to notice");
  await until("the monitors to take the primary out", () => observed.healthy.primary === false);
  const quiet = timing.milliseconds(QUIET_SECONDS);
  await until("readers to be served by the standby", () => observed.quietMilliseconds > quiet);

  beginPhase(stage, "recovered");
  emit({ type: "fault", at: clock(), target: "primary", fault: "none" });
  await stores.gateways.primary.pass();
  step.update("primary answers again; waiting for readers to return");
  await until("the monitors to put the primary back", () => observed.healthy.primary === true);
  observed.forgetReads();
  await until("readers to return to the primary", () => observed.readsFrom.primary > 0);

  const figures = outageFigures(new RunHistory(stage.events), "answers-503");
  if (figures === null) throw new Error("the event log has no outage");
  const { firstFailedReadSeconds, detectionSeconds, rtoSeconds, failedReads, predictedSeconds } = figures;
  step.done(
    "only the monitors can notice; readers move to the standby and return",
    `first failed read +${duration(firstFailedReadSeconds ?? 0)}   noticed +${duration(detectionSeconds ?? 0)}   ` +
      `reads failed for ${duration(rtoSeconds ?? 0)} (predicted ${predictedSeconds === null ? "nothing" : durationRange(predictedSeconds)})   ${failedReads} reads failed`,
  );
  // What was written meanwhile was refused or is in doubt; from here on both stores are known to be equal again.
  markReplicated(stage, await stage.replicator.runUntilClean(options.signal));
}
