import { setTimeout as delay } from "node:timers/promises";
import { otherStore, STORE_NAMES } from "../../contract/stores";
import { duration, durationRange } from "../report/wording";
import type { StagingStage } from "./run-staging";
import type { PlannedFault } from "./staging-config";
import { partText } from "./staging-faults";
import { AbortedDrillError } from "./staging-watch";

/** Seconds within which a pool that is switched off or on is so everywhere, with as much again to spare. */
export const PROPAGATION_SECONDS = 120;

/** What the API and its own look at the monitors may add to a prediction. */
export const MARGIN_SECONDS = 60;

const LOOK_EVERY_MILLISECONDS = 50;

/** Waits until all is well for `steadySeconds`: both pools healthy, the active store serving, no read failing. */
export async function settle(stage: StagingStage): Promise<void> {
  const { config, watch, served, active, clock, emit, timing } = stage;
  emit({ type: "phase", at: clock(), phase: "steady" });
  const step = stage.progress.step("all is well");
  const since = clock();
  await until(
    stage,
    "both pools to be healthy, and the active store to serve",
    () => STORE_NAMES.every((store) => watch.isWell(store)) && served.isBy(active, since),
    MARGIN_SECONDS,
  );
  const { reads, failedReads: failed } = served;
  await delay(timing.milliseconds(config.steadySeconds), undefined, { signal: stage.signal });
  if (served.failedReads > failed)
    throw new AbortedDrillError(`${served.failedReads - failed} reads failed though nothing was broken`);
  step.done(`${served.reads - reads} reads, served by ${active}`);
}

/** Breaks one thing, waits until it shows, mends it, and waits until all is as before. */
export async function playFault(stage: StagingStage, fault: PlannedFault): Promise<void> {
  const { faults, emit, clock, signal, timing, progress } = stage;
  const { store, kind, holdSeconds } = fault;
  const step = progress.step(`${store}: ${kind}`);
  step.update("showing that it can be mended");
  const original = await faults.prove(fault, signal);
  signal.throwIfAborted();
  emit({ type: "phase", at: clock(), phase: `${store}-${kind}` });
  const brokenAt = clock();
  emit({ type: "fault", at: brokenAt, target: store, fault: kind, detail: "on purpose, mended afterwards" });
  if (kind !== "pool-disabled") stage.voided = store;
  await faults.break(fault, original);
  step.update(partText(fault));
  await untilNoticed(stage, fault, brokenAt);
  const noticedSeconds = timing.seconds(clock() - brokenAt);
  await delay(timing.milliseconds(holdSeconds), undefined, { signal });

  step.update("mending");
  const { mended, mendedAt } = await mendBroken(stage);
  if (mended?.changedByOthers === true)
    throw new AbortedDrillError(
      `somebody has put another health object on ${store} meanwhile; it was left as it is`,
    );
  await untilBack(stage, fault, mendedAt);
  stage.voided = undefined;
  step.done(
    `seen after ${duration(noticedSeconds)}${predictedText(stage, fault)}, back after ${duration(timing.seconds(clock() - mendedAt))}`,
  );
  await settle(stage);
}

/** Mends what is broken. It is mended from the moment at which that was asked for: readers may be back before the answer. */
export async function mendBroken({ faults, emit, clock }: StagingStage) {
  let mendedAt = clock();
  const mended = await faults.mend(() => {
    mendedAt = clock();
  });
  if (mended !== undefined) emit({ type: "fault", at: mendedAt, target: mended.part.store, fault: "none" });
  return { mended, mendedAt };
}

function predictedText({ predicted }: StagingStage, { kind }: PlannedFault): string {
  return kind === "pool-disabled" ? "" : ` (predicted ${durationRange(predicted.detection.refusing)})`;
}

async function untilNoticed(stage: StagingStage, { store, kind }: PlannedFault, at: number): Promise<void> {
  const { watch, served, active, predicted } = stage;
  const other = otherStore(store);
  const hasMoved = () => store !== active || served.isBy(other, at);
  if (kind === "pool-disabled") {
    await until(stage, `readers to be served by ${other}`, hasMoved, PROPAGATION_SECONDS);
    return;
  }
  await until(
    stage,
    `the monitors to find ${store} unhealthy, and readers to be served by ${other}`,
    () => watch.pools[store].health === "unhealthy" && hasMoved(),
    predicted.detection.refusing.worst + MARGIN_SECONDS,
  );
}

async function untilBack(stage: StagingStage, { store }: PlannedFault, at: number): Promise<void> {
  const { watch, served, active, predicted } = stage;
  await until(
    stage,
    `the monitors to find ${store} healthy, and readers to be served by ${active}`,
    () => watch.isWell(store) && served.isBy(active, at),
    predicted.return.worst + PROPAGATION_SECONDS,
  );
}

/** @throws AbortedDrillError when it does not come true; the signal's reason */
async function until(
  { clock, timing, signal }: StagingStage,
  what: string,
  isTrue: () => boolean,
  withinSeconds: number,
): Promise<void> {
  const deadline = clock() + Math.max(timing.milliseconds(withinSeconds), LOOK_EVERY_MILLISECONDS);
  while (!isTrue()) {
    signal.throwIfAborted();
    if (clock() > deadline)
      throw new AbortedDrillError(`waited ${duration(withinSeconds)} in vain for ${what}`);
    await delay(LOOK_EVERY_MILLISECONDS, undefined, { signal });
  }
}
