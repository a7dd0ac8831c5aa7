import { setTimeout as delay } from "node:timers/promises";
import type { ScenarioStage } from "../scenario-stage";
import type { StepOf } from "../step-schema";

type Wait = StepOf<"wait">;

/** Machine time on top of every patience: processes have to start and to be scheduled, whatever the speed. */
const GRACE_MILLISECONDS = 30_000;

/** @throws WaitedTooLongError when it does not come about */
export async function wait(stage: ScenarioStage, what: Wait): Promise<void> {
  const { timing, observed, signal } = stage;
  if ("seconds" in what) return sleep(timing.milliseconds(what.seconds), signal);
  if ("fence" in what) return sleep(timing.fenceMilliseconds, signal);
  const patience = timing.milliseconds(what.within) + GRACE_MILLISECONDS;
  const { words, met } = condition(stage, what);
  await observed.until(words, met, patience, signal);
}

function condition(
  { timing, observed, clock, events }: ScenarioStage,
  what: Exclude<Wait, { seconds: number } | { fence: true }>,
): { readonly words: string; readonly met: () => boolean } {
  if ("pool" in what) {
    const { store, healthy } = what.pool;
    const state = healthy ? "healthy" : "unhealthy";
    return { words: `the ${store}'s pool to be ${state}`, met: () => observed.healthy[store] === healthy };
  }
  if ("readersOn" in what) {
    observed.forgetReads();
    return {
      words: `readers to be served by the ${what.readersOn}`,
      met: () => observed.readsFrom[what.readersOn] > 0,
    };
  }
  if ("readersQuiet" in what) {
    const quiet = timing.milliseconds(what.readersQuiet);
    const began = clock();
    return {
      words: `${what.readersQuiet} s without a failed read`,
      met: () => clock() - began >= quiet && observed.quietMilliseconds >= quiet,
    };
  }
  if ("readsFailing" in what) {
    const before = observed.failedReads;
    return {
      words: `${what.readsFailing} reads to fail`,
      met: () => observed.failedReads - before >= what.readsFailing,
    };
  }
  if ("writerOn" in what) {
    return {
      words: `the writer to write to the ${what.writerOn}`,
      met: () => observed.writerStore === what.writerOn,
    };
  }
  if ("writerPaused" in what) {
    return { words: "the writer to pause", met: () => observed.writerStore === undefined };
  }
  if ("writes" in what) {
    const before = observed.writes;
    return {
      words: `${what.writes} writes to be acknowledged`,
      met: () => observed.writes - before >= what.writes,
    };
  }
  if ("copies" in what) {
    const before = observed.copies;
    return {
      words: `${what.copies} objects to be copied`,
      met: () => observed.copies - before >= what.copies,
    };
  }
  const most = timing.milliseconds(what.lagBelow);
  const latest = () => events.findLast((event) => event.type === "replication");
  return {
    words: `replication to be less than ${what.lagBelow} s behind`,
    met: () => {
      const syncPoint = latest()?.report.syncPoint;
      return syncPoint !== undefined && Date.now() - Date.parse(syncPoint) < most;
    },
  };
}

async function sleep(milliseconds: number, signal: AbortSignal): Promise<void> {
  await delay(milliseconds, undefined, { signal });
}
