import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { changedPaths } from "../../../stacks/plan-difference";
import { compareStores } from "../../comparison/parity";
import { allEnded } from "../../machine/all-ended";
import { byteSize, duration, grouped } from "../../report/wording";
import { synthesizePlans } from "../../stage/plans";
import { beginPhase } from "../../stage/stage";
import type { DemoStage } from "../demo-stage";

/** How long writers write to the primary again before the run ends; seconds of the real deployment. */
const AFTERWARDS_SECONDS = 30;

/** A planned flip back: pause, wait F, a clean run that began afterwards, flip, wait F, resume. Loses nothing. */
export async function playFailback(stage: DemoStage): Promise<void> {
  const { options, timing, emit, clock, edge, observed } = stage;
  const { signal } = options;
  const step = options.progress.step("flip back, planned");
  beginPhase(stage, "failback");
  const failedBefore = observed.failedReads;
  const publish = async (marker: { active: "primary" | "secondary"; writesPaused: boolean }) => {
    await edge.publishMarker(marker);
    emit({ type: "marker", at: clock(), marker });
  };
  const fence = () => delay(timing.fenceMilliseconds, undefined, { signal });

  await publish({ active: "secondary", writesPaused: true });
  const pausedAt = clock();
  step.update("writes paused; waiting for the fence");
  const [after] = await allEnded([
    synthesizePlans("primary", join(stage.folder, "failback"), signal),
    fence(),
  ]);
  step.update("a clean run that begins now");
  const report = await stage.replicator.runUntilClean(signal);

  const paths = changedPaths(stage.plans.secondary.stacks, after.stacks);
  const marker = { ...after.edge.marker.content, writesPaused: true };
  emit({ type: "plan-applied", at: clock(), active: "primary", marker, changedPaths: paths });
  await edge.applyPlan({ ...after.edge, marker: { ...after.edge.marker, content: marker } });
  step.update("flipped; waiting for the fence, and comparing bytes while nobody writes");
  const flippedAt = clock();
  const exceptions = report.exceptions.map(({ key }) => key);
  const [parity] = await allEnded([
    compareStores({ stores: stage.stores.running, exceptions, moment: "after-reverse", clock }),
    fence(),
  ]);
  emit(parity);
  const comparedSeconds = timing.seconds(clock() - flippedAt);
  await publish(after.edge.marker.content);
  step.update("writes resumed");
  await observed.until(
    "the writer to resume",
    () => observed.writerStore === "primary",
    4 * timing.fenceMilliseconds,
    signal,
  );
  const resumedAt = clock();
  await delay(timing.milliseconds(AFTERWARDS_SECONDS), undefined, { signal });
  step.done(
    `writes paused for ${duration(timing.seconds(resumedAt - pausedAt))}, ${duration(comparedSeconds)} of them for the second fence and to compare; ${observed.failedReads - failedBefore} reads failed`,
    `${grouped(parity.objects)} objects, ${byteSize(parity.bytes)}, compared before writes resumed: ` +
      `${parity.differences.length} differences in bytes, headers, metadata or tags`,
  );
}
