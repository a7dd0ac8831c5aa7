import { randomUUID } from "node:crypto";
import { DEFAULT_LEASE_SECONDS } from "../../contract/environment";
import type { StoreError } from "../s3/store-error";
import { abortAbandoned } from "./abandoned-uploads";
import type { AdmissionLimits } from "./admission";
import { Boundaries } from "./boundaries";
import type { Clock } from "./clock";
import { DEFAULT_DELETE_POLICY, type DeletePolicy } from "./delete-policy";
import type { Pair } from "./diff";
import { Lease } from "./lease";
import { lastRunOf, type Progress, readProgress, saveProgress, validProgress } from "./progress";
import { type Reconciled, reconcile } from "./reconcile";
import { retryingWith } from "./replication";
import type { RunOutcome, RunReport } from "./report";
import type { Settled, Stores } from "./settle-key";
import { Suspects } from "./suspects";
import { MOST_NAMED_EXCEPTIONS, type Tally } from "./tally";

export interface SweepOptions {
  readonly stores: Stores;
  /** Counts the changes of direction: saved progress of another one is void. */
  readonly epoch: number;
  /** Where progress is kept, on the destination. @default PROGRESS_KEY */
  readonly progressKey?: string;
  /** Only keys that begin so. */
  readonly prefix?: string;
  readonly deletes?: DeletePolicy;
  readonly leaseMilliseconds?: number;
  readonly watermarkMarginMilliseconds: number;
  /** See `ReconcileOptions`. */
  readonly mayStart: (reserveMilliseconds?: number) => boolean;
  readonly clock: Clock;
  readonly random: () => number;
  readonly limits?: AdmissionLimits;
  readonly onRetry?: (error: StoreError) => void;
  readonly onSettled?: (pair: Pair, settled: Settled, startedAt?: Date) => void;
}

/** A sync point this much before the listing allows for the whole seconds of the `Date` header. */
const DATE_RESOLUTION_MILLISECONDS = 1000;

/** What a sweep came to, and what to say of it beside the figures. */
export type Swept = Pick<RunReport, "outcome" | "reason" | "syncPoint" | "checkpoint">;

/**
 * Continues or begins a pass over all keys, and saves what it came to.
 *
 * @throws whatever `isReasonToStop` knows
 */
export async function sweep(options: SweepOptions, tally: Tally): Promise<Swept> {
  const { stores, clock } = options;
  if (stores.dryRun) return pass(options, tally, stores);
  const wanted = {
    standby: stores.destination,
    owner: randomUUID(),
    clock,
    durationMilliseconds: options.leaseMilliseconds ?? DEFAULT_LEASE_SECONDS * 1000,
    confirm: stores.confirm,
  };
  const lease = await retryingWith(options)(() => Lease.take(wanted));
  if (lease === undefined) return { outcome: "yielded", reason: "another run is under way" };
  try {
    const confirm = async () => {
      await stores.confirm();
      await lease.keep();
    };
    return await pass(options, tally, { ...stores, confirm }, () => lease.keep());
  } finally {
    await lease.release();
  }
}

async function pass(
  options: SweepOptions,
  tally: Tally,
  stores: Stores,
  onPage?: () => Promise<void>,
): Promise<Swept> {
  const { epoch, prefix, progressKey } = options;
  const retrying = retryingWith(options);
  const inherited = stores.dryRun ? [] : await retrying(() => stores.journal.recorded());
  const saved = await retrying(() => readProgress(stores.destination, progressKey));
  const before = validProgress(saved?.value, { epoch, ...stores.ids, ...(prefix && { prefix }) });
  const suspects = new Suspects(before.suspects);
  const boundaries = Boundaries.continued(before);
  const reconciled = await reconcile({
    ...options,
    stores,
    range: { after: before.checkpoint?.after, prefix },
    deletes: options.deletes ?? DEFAULT_DELETE_POLICY,
    changedSince: changedSince(before, options.watermarkMarginMilliseconds),
    suspects,
    onPage,
    onSettled: (pair, settled, startedAt) => {
      tally.count(pair.key, settled);
      suspects.settled(pair, settled);
      if (pair.source) boundaries.passed(pair.key);
      options.onSettled?.(pair, settled, startedAt);
    },
  });
  const { progress, ...swept } = concluded(before, reconciled, tally, suspects, boundaries);
  // What was only looked at moves nothing.
  if (stores.dryRun) return { ...swept, syncPoint: before.syncPoint, checkpoint: before.checkpoint?.after };
  if (reconciled.stoppedAfter === undefined && inherited.length > 0) {
    await retrying(() => abortAbandoned(inherited, stores.journal, stores.destination, stores.confirm));
  }
  try {
    if (!sameProgress(progress, before)) {
      const isPassOver = progress.checkpoint === undefined;
      const run = { outcome: swept.outcome, endedAt: options.clock.wall(), isPassOver };
      const lastRun = lastRunOf(before, run, tally.figures().exceptionCounts);
      await retrying(async () => {
        await stores.confirm();
        await saveProgress(stores.destination, { ...progress, lastRun }, saved, progressKey);
      });
    }
  } catch (error) {
    // The store that could not be written to before cannot be written to now: the first reason is the better one.
    if (reconciled.error === undefined) throw error;
    return { ...swept, syncPoint: before.syncPoint, checkpoint: before.checkpoint?.after };
  }
  return swept;
}

/** Source's clock; undefined looks at every key. */
export function changedSince({ watermark }: Progress, marginMilliseconds: number): Date | undefined {
  return watermark === undefined ? undefined : new Date(Date.parse(watermark) - marginMilliseconds);
}

/** What the pass has come to, with what earlier runs did of it. */
export function concluded(
  before: Progress,
  reconciled: Reconciled,
  tally: Tally,
  suspects: Suspects,
  boundaries: Boundaries,
): Swept & { readonly progress: Progress } {
  const { checkpoint, ...earlier } = before;
  const reachedEnd = reconciled.stoppedAfter === undefined;
  const remembered = suspects.remembered(reachedEnd && checkpoint === undefined);
  const rest = { ...earlier, suspects: remembered.keys };
  const passBegan = checkpoint?.passBegan ?? reconciled.began?.toISOString();
  // Nothing was even listed.
  if (passBegan === undefined) return { ...outcomeOf(reconciled, tally), progress: before };
  const failed = (checkpoint?.failed ?? 0) + tally.failed;
  const exceptions = (checkpoint?.exceptions ?? 0) + tally.exceptions;
  if (reconciled.stoppedAfter !== undefined) {
    const after = reconciled.stoppedAfter;
    const stopped = { after, passBegan, failed, exceptions, sinceBoundary: boundaries.since };
    const progress = { ...rest, boundaries: boundaries.upto(after), checkpoint: stopped };
    return {
      ...outcomeOf(reconciled, tally),
      syncPoint: progress.syncPoint,
      checkpoint: after,
      progress,
    };
  }
  // Exceptions are part of what the sync point says; it may not move past more than can be named.
  const syncPoint = exceptions <= MOST_NAMED_EXCEPTIONS ? beforeResolution(passBegan) : rest.syncPoint;
  const watermark = failed === 0 && remembered.complete ? passBegan : rest.watermark;
  const progress = { ...rest, syncPoint, watermark, boundaries: boundaries.all };
  const clean = failed === 0 && tally.withheld === 0;
  return { outcome: clean ? "clean" : "failed", syncPoint, progress };
}

function outcomeOf({ error }: Reconciled, { withheld }: Tally): { outcome: RunOutcome; reason?: string } {
  if (error) return { outcome: "stopped", reason: error.message };
  return { outcome: withheld > 0 ? "failed" : "incomplete" };
}

export function beforeResolution(date: string): string {
  return new Date(Date.parse(date) - DATE_RESOLUTION_MILLISECONDS).toISOString();
}

function sameProgress(left: Progress, right: Progress): boolean {
  return JSON.stringify(left) === JSON.stringify(right);
}
