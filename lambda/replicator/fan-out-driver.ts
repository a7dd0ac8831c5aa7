import type {
  FanOutAnswer,
  FanOutRequest,
  FinishAnswer,
  FinishRequest,
  PlanAnswer,
  RangeAnswer,
  RangeRequest,
} from "../../contract/fan-out";
import { otherStore } from "../../contract/stores";
import { KEYS_PER_RANGE } from "./boundaries";
import {
  type FanOutPlan,
  FanOutVoidError,
  followedPlan,
  planRanges,
  rangeCount,
  rangeOf,
  savePlan,
} from "./fan-out-plan";
import { concludedFanOut, figuresOf, gathered, resultOf } from "./fan-out-result";
import { type Progress, readProgress, saveProgress, validProgress } from "./progress";
import { beginReplication, type Replication } from "./replication";
import { RetryBudget, withRetries } from "./retry";
import { type RangeReport, runRange } from "./run";
import type { RunOptions } from "./run-options";
import { sampleKeys } from "./sample-keys";

/** A range came no further: to be tried again, later. */
export class RangeStoppedError extends Error {
  public override readonly name = "RangeStoppedError";
}

/** Sweeps save their progress too; one of several attempts gets through. */
const SAVE_ATTEMPTS = 5;

/** One plan, kept between the invocations of one process: plans do not change, and have megabytes where keys are long. */
let known: FanOutPlan | undefined;

export interface FanOutOptions extends RunOptions {
  /** Keys of the source between two cuts. @default KEYS_PER_RANGE */
  readonly keysPerRange?: number;
  /** Told what became of a piece of a range. */
  readonly onReport?: (range: number, report: RangeReport) => void;
}

/** @throws FanOutVoidError, RangeStoppedError, or what `isReasonToStop` knows: the state machine tries again where that helps */
export function runFanOut(options: FanOutOptions, request: FanOutRequest): Promise<FanOutAnswer> {
  switch (request.task) {
    case "plan":
      return plan(options);
    case "range":
      return range(options, request);
    case "finish":
      return finish(options, request);
  }
}

/** Cuts the source's keys into ranges: as the last passes sampled them, and beyond that as they are found to lie now. */
async function plan(options: FanOutOptions): Promise<PlanAnswer> {
  const { clock, random, keysPerRange = KEYS_PER_RANGE } = options;
  const { stores, epoch, mayStart } = await beginReplication(options);
  const retries = { budget: new RetryBudget(), clock, random };
  // Also those of another direction or epoch: where the keys lay then is a good guess at where they lie now.
  const sampled = (await readProgress(stores.destination))?.value.boundaries ?? [];
  const beyond = await sampleKeys({
    client: stores.source,
    retrying: (task) => withRetries(task, retries),
    after: sampled.at(-1),
    keysPerRange,
    mayGoOn: () => mayStart(),
  });
  const made = planRanges(epoch.epoch, sampled, beyond, keysPerRange);
  await savePlan(stores.destination, made, stores.confirm);
  return { plan: made.id, ranges: Array.from({ length: rangeCount(made) }, (_, index) => index) };
}

/** Does a piece of a range: as much as the time allows. */
async function range(options: FanOutOptions, request: RangeRequest): Promise<RangeAnswer> {
  const { progress } = request;
  const followed = await planOnStandby(options, request.plan);
  const { after, upto } = rangeOf(followed, request.range);
  const report = await runRange(options, { after: progress?.after ?? after, upto });
  options.onReport?.(request.range, report);
  if (report.epoch !== undefined && report.epoch !== followed.epoch) {
    throw new FanOutVoidError(`epoch ${report.epoch} began; the plan is about epoch ${followed.epoch}`);
  }
  const figures = figuresOf(report, progress);
  const reached = report.remainder?.after;
  const atEnd = report.outcome === "clean" || report.outcome === "failed";
  if (atEnd && report.remainder === undefined && figures !== undefined) {
    return { done: true, result: resultOf(request.range, figures) };
  }
  if (figures === undefined || reached === undefined || reached === (progress?.after ?? after ?? "")) {
    throw new RangeStoppedError(`range ${request.range} came no further: ${report.reason ?? report.outcome}`);
  }
  return { ...request, done: false, progress: { after: reached, ...figures } };
}

async function planOnStandby(options: FanOutOptions, id: string): Promise<FanOutPlan> {
  if (known?.id === id) return known;
  const { active } = await options.marker.read();
  known = await followedPlan(options.clients[otherStore(active)], id);
  return known;
}

/** Says on the standby what the pass came to, if all of it was done. */
async function finish(options: FanOutOptions, request: FinishRequest): Promise<FinishAnswer> {
  const replication = await beginReplication(options);
  const { stores, epoch } = replication;
  const followed = await followedPlan(stores.destination, request.plan);
  if (followed.epoch !== epoch.epoch) {
    throw new FanOutVoidError(`epoch ${epoch.epoch} began; the plan is about epoch ${followed.epoch}`);
  }
  const figures = gathered(followed, request.results);
  const { failed, exceptions, missing } = figures;
  if (missing > 0) {
    const reason = `${missing} of ${rangeCount(followed)} ranges did not come to their end`;
    return { complete: false, reason, failed, exceptions };
  }
  const { syncPoint } = await updateProgress(replication, (before) =>
    concludedFanOut(before, figures, options.clock.wall()),
  );
  return { complete: true, failed, exceptions, syncPoint };
}

async function updateProgress(
  { stores, epoch }: Replication,
  change: (before: Progress) => Progress,
): Promise<Progress> {
  for (let attempt = 1; attempt <= SAVE_ATTEMPTS; attempt += 1) {
    const saved = await readProgress(stores.destination);
    const next = change(validProgress(saved?.value, { epoch: epoch.epoch, ...stores.ids }));
    await stores.confirm();
    if (await saveProgress(stores.destination, next, saved)) return next;
  }
  throw new RangeStoppedError("others save their progress all the time; to be tried again");
}
