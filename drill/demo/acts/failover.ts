import { setTimeout as delay } from "node:timers/promises";
import { changedPaths } from "../../../stacks/plan-difference";
import { duration, grouped } from "../../report/wording";
import type { Plans } from "../../stage/plans";
import { beginPhase } from "../../stage/stage";
import type { DemoStage } from "../demo-stage";
import { STORY, storyBody } from "../story-objects";

/** How long writers write to the secondary before the primary returns; seconds of the real deployment. */
const ON_SECONDARY_SECONDS = 45;

/** With the primary still dead, the edge takes the plan of the flipped toggle, and writers move. */
export async function playFailover(stage: DemoStage, after: Plans): Promise<void> {
  const { options, timing, emit, clock, edge, observed, writer } = stage;
  const step = options.progress.step("flip to secondary");
  beginPhase(stage, "failover");
  const paths = changedPaths(stage.plans.primary.stacks, after.stacks);
  const flippedAt = clock();
  emit({
    type: "plan-applied",
    at: flippedAt,
    active: "secondary",
    marker: after.edge.marker.content,
    changedPaths: paths,
  });
  await edge.applyPlan(after.edge);

  step.update(
    `waiting for the writer, which waits for the fence (${duration(timing.fenceSeconds)} in the real deployment)`,
  );
  const patience = 4 * timing.fenceMilliseconds;
  await observed.until(
    "the writer to move",
    () => observed.writerStore === "secondary",
    patience,
    options.signal,
  );
  const movedAt = clock();
  const writes = observed.writes;
  await writer.putNow("secondary", STORY.conflict, storyBody(STORY.conflict, "as the secondary has it"));
  await writer.putNow(
    "secondary",
    STORY.overwritten,
    storyBody(STORY.overwritten, "as the secondary has it"),
  );
  await writer.putNow("secondary", STORY.made, storyBody(STORY.made, "first written on the secondary"));
  await writer.deleteNow("secondary", STORY.deletedOnSecondary);
  step.update("the writer writes to the secondary");
  await delay(timing.milliseconds(ON_SECONDARY_SECONDS), undefined, { signal: options.signal });
  step.done(
    `one word in cdktf.json, ${paths.length} paths of the edge, no answer from AWS needed`,
    `the writer moved +${duration(timing.seconds(movedAt - flippedAt))} after the flip, past the fence, and wrote ${grouped(observed.writes - writes)} objects there`,
  );
}
