import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { surveyStore } from "../../comparison/survey";
import { outageFigures } from "../../evidence/outage";
import { RunHistory } from "../../evidence/run-history";
import { allEnded } from "../../machine/all-ended";
import { duration } from "../../report/wording";
import { killStore } from "../../stage/kill-store";
import { type Plans, synthesizePlans } from "../../stage/plans";
import { beginPhase } from "../../stage/stage";
import type { DemoStage } from "../demo-stage";
import { STORY, storyBody } from "../story-objects";

/** How long the primary is dead before the toggle is flipped; seconds of the real deployment. */
const UNTIL_FLIP_SECONDS = 30;

/** The last writes before the loss take less, milliseconds of the machine: no run may be due among them. */
const STORY_MILLISECONDS = 1000;

/**
 * Second outage: the primary is lost. Before that, a few writes are acknowledged that no run replicates in time.
 *
 * @returns the plans for the flip, synthesized anew with the primary dead
 */
export async function playLoss(stage: DemoStage): Promise<Plans> {
  const { options, timing, writer, stores, emit, clock } = stage;
  const step = options.progress.step("outage 2: primary killed");
  // The act before ended with a clean run: what is written from here on is on the primary alone.
  await stage.replicator.untilFree(STORY_MILLISECONDS, options.signal);
  await writer.putNow("primary", STORY.late, storyBody(STORY.late, "on the primary, and nowhere else yet"));
  await writer.putNow(
    "primary",
    STORY.lateNew,
    storyBody(STORY.lateNew, "on the primary, and nowhere else yet"),
  );
  await writer.putNow("primary", STORY.conflict, storyBody(STORY.conflict, "as the primary had it last"));
  await writer.deleteNow("primary", STORY.deletedOnPrimary);
  emit(await surveyStore({ store: stores.running.primary, moment: "before-kill", clock }));

  beginPhase(stage, "kill");
  emit({ type: "fault", at: clock(), target: "primary", fault: "killed" });
  await killStore(stores, "primary");
  step.update("readers go on; the toggle is changed and the app synthesizes");
  const [plans] = await allEnded([
    synthesizePlans("secondary", join(stage.folder, "flip"), options.signal),
    delay(timing.milliseconds(UNTIL_FLIP_SECONDS), undefined, { signal: options.signal }),
  ]);
  emit(await surveyStore({ store: stores.running.secondary, moment: "standby-at-failover", clock }));

  const figures = outageFigures(new RunHistory(stage.events), "killed");
  if (figures === null) throw new Error("the event log has no kill");
  const detected =
    figures.detectionSeconds === null
      ? "not yet noticed by monitors"
      : `noticed +${duration(figures.detectionSeconds)}`;
  step.done(
    stores.running.primary.survivesKill
      ? "SIGKILL; the standby serves"
      : "its gateway gets SIGKILL: this server keeps its data in memory only",
    `${figures.failedReads} of ${figures.reads} reads failed; ${figures.edgeRetries} were retried by the edge at once on the other pool   ${detected}`,
  );
  return plans;
}
