import { setTimeout as delay } from "node:timers/promises";
import type { RunReport } from "../../lambda/replicator/report";
import { type LoadProgress, loadObjects } from "../workload/load";
import type { SourceObject } from "../workload/source-object";
import { markReplicated } from "./replicated-values";
import type { Stage } from "./stage";

/** A sync point has whole seconds, and one more is taken off. */
const SYNC_POINT_RESOLUTION_MILLISECONDS = 2000;

/** Puts all objects into the primary. */
export function loadPrimary(
  { stores, clock, emit, values, signal }: Stage,
  objects: readonly SourceObject[],
  onProgress: (progress: LoadProgress) => void,
): Promise<LoadProgress> {
  return loadObjects({ store: stores.access.primary, objects, clock, emit, values, signal, onProgress });
}

/** Lets replication bring to the standby what the primary has, until readers may count on it. */
export async function seedStandby(stage: Stage): Promise<RunReport> {
  const { replicator, values, signal } = stage;
  const report = await replicator.runUntilClean(signal);
  markReplicated(stage, report);
  // A small input is loaded within the second by which a sync point lies back: it takes another run to vouch for it.
  while (values.readables().length === 0) {
    await delay(SYNC_POINT_RESOLUTION_MILLISECONDS / 4, undefined, { signal });
    markReplicated(stage, await replicator.runUntilClean(signal));
  }
  return report;
}
