import { byteSize, grouped } from "../../report/wording";
import { synthesizeBoth } from "../../stage/both-plans";
import type { Plans } from "../../stage/plans";
import { runSummary } from "../../stage/run-summary";
import { loadPrimary, seedStandby } from "../../stage/seed";
import { type BothPlans, beginPhase } from "../../stage/stage";
import type { SourceObject } from "../../workload/source-object";
import type { DemoStage } from "../demo-stage";
import type { DemoOptions } from "../options";
import { STORY_KEYS_AT_FIRST, storyBody } from "../story-objects";

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
  const { options, writer } = stage;
  const load = options.progress.step("load");
  beginPhase(stage, "load");
  const loaded = await loadPrimary(stage, objects, (now) =>
    load.update(`${grouped(now.objects)} of ${grouped(objects.length)} objects, ${byteSize(now.bytes)}`),
  );
  for (const key of STORY_KEYS_AT_FIRST) {
    await writer.putNow("primary", key, storyBody(key, "as it was when all was well"));
  }
  load.done(`${grouped(loaded.objects)} objects, ${byteSize(loaded.bytes)}, into the primary`);

  const step = options.progress.step("replicate");
  beginPhase(stage, "seed");
  step.update("the function runs from its zip, in a process of its own");
  const report = await seedStandby(stage);
  step.done(runSummary(report));
}
