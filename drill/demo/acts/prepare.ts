import { setTimeout as delay } from "node:timers/promises";
import { byteSize, grouped } from "../../report/wording";
import { synthesizeBoth } from "../../stage/both-plans";
import type { Plans } from "../../stage/plans";
import { markReplicated } from "../../stage/replicated-values";
import { runSummary } from "../../stage/run-summary";
import { type BothPlans, beginPhase } from "../../stage/stage";
import { loadObjects } from "../../workload/load";
import type { SourceObject } from "../../workload/source-object";
import type { DemoStage } from "../demo-stage";
import type { DemoOptions } from "../options";
import { STORY_KEYS_AT_FIRST, storyBody } from "../story-objects";

/** A sync point has whole seconds, and one more is taken off. */
const SYNC_POINT_RESOLUTION_MILLISECONDS = 2000;

export async function previewFlip({ progress, signal }: DemoOptions, folder: string): Promise<BothPlans> {
  const step = progress.step("plans");
  const both = await synthesizeBoth(folder, signal);
  const stacks = Object.keys(both.plans.primary.stacks).length;
  step.done(`${stacks} stacks synthesized with activeProvider primary, and with secondary`);
  previewStep(progress, both.changedPaths, both.plans.primary);
  return both;
}

function previewStep(progress: DemoOptions["progress"], paths: readonly string[], { stacks }: Plans): void {
  const touched = new Set(paths.map((path) => path.split(":")[0]));
  const untouched = Object.keys(stacks).filter((stack) => !touched.has(stack));
  progress
    .step("flip preview")
    .done(`${paths.length} paths change; ${untouched.join(", ")}: identical`, ...paths);
}

/** Loads the input into the primary and lets replication bring it to the standby. */
export async function loadAndReplicate(stage: DemoStage, objects: readonly SourceObject[]): Promise<void> {
  const { options, clock, emit, values, stores, writer, replicator } = stage;
  const load = options.progress.step("load");
  beginPhase(stage, "load");
  const loaded = await loadObjects({
    store: stores.access.primary,
    objects,
    clock,
    emit,
    values,
    signal: options.signal,
    onProgress: (now) =>
      load.update(`${grouped(now.objects)} of ${grouped(objects.length)} objects, ${byteSize(now.bytes)}`),
  });
  for (const key of STORY_KEYS_AT_FIRST) {
    await writer.putNow("primary", key, storyBody(key, "as it was when all was well"));
  }
  load.done(`${grouped(loaded.objects)} objects, ${byteSize(loaded.bytes)}, into the primary`);

  const step = options.progress.step("replicate");
  beginPhase(stage, "seed");
  step.update("the function runs from its zip, in a process of its own");
  const report = await replicator.runUntilClean(options.signal);
  markReplicated(stage, report);
  // A small input is loaded within the second by which a sync point lies back: it takes another run to vouch for it.
  while (values.readables().length === 0) {
    await delay(SYNC_POINT_RESOLUTION_MILLISECONDS / 4, undefined, { signal: options.signal });
    markReplicated(stage, await replicator.runUntilClean(options.signal));
  }
  step.done(runSummary(report));
}
