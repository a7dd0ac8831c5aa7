import { isReservedKey } from "../../contract/state-keys";
import { DEFAULT_DELETE_POLICY, type DeletePolicy } from "./delete-policy";
import type { KeyRange } from "./key-reader";
import { readProgress, validProgress } from "./progress";
import { reconcile } from "./reconcile";
import { reconcileKeys } from "./reconcile-keys";
import { beginReplication, isReasonToStop, retryingWith, tellCopied } from "./replication";
import type { RunReport } from "./report";
import type { RunOptions } from "./run-options";
import type { Settled } from "./settle-key";
import { Suspects } from "./suspects";
import { changedSince, sweep } from "./sweep";
import { Tally } from "./tally";

/**
 * One run over all keys: asks the marker for the direction, continues or begins a pass, and saves what it came to.
 * Never rejects for what a store, the marker or saved state did: the report says why it stopped.
 */
export async function run(given: RunOptions): Promise<RunReport> {
  return reported(given, async (tally, known) => {
    const options = tally.countingRetries(given);
    const { direction, epoch, stores, unversioned, mayStart } = await beginReplication(options);
    Object.assign(known, {
      ...direction,
      epoch: epoch.epoch,
      ...(unversioned.length > 0 && { unversioned }),
    });
    return sweep(
      {
        ...options,
        stores,
        epoch: epoch.epoch,
        mayStart,
        onSettled: ({ key }, settled, startedAt) => tellCopied(options, direction, key, settled, startedAt),
      },
      tally,
    );
  });
}

/** What became of single keys. */
export interface KeysReport {
  /** `stopped`: it was not safe or not possible to go on; `reason` says why. */
  readonly outcome: "done" | "stopped";
  readonly reason?: string;
  /** Keys that are not among them were not begun. */
  readonly settled: ReadonlyMap<string, Settled>;
}

/** Looks at these keys, whatever was said of them. Deletes nothing, and never moves the sync point. */
export async function runKeys(options: RunOptions, keys: readonly string[]): Promise<KeysReport> {
  const settled = new Map<string, Settled>();
  try {
    const { direction, stores, mayStart } = await beginReplication(options);
    await reconcileKeys({
      ...options,
      stores,
      keys: keys.filter((key) => !isReservedKey(key)),
      mayStart,
      onSettled: (key, outcome, startedAt) => {
        settled.set(key, outcome);
        tellCopied(options, direction, key, outcome, startedAt);
      },
    });
    return { outcome: "done", settled };
  } catch (error) {
    if (!isReasonToStop(error)) throw error;
    return { outcome: "stopped", reason: error.message, settled };
  }
}

const LEFT_TO_A_SWEEP: DeletePolicy = { ...DEFAULT_DELETE_POLICY, mode: "later" };

/** What became of a part of the key space. */
export interface RangeReport extends RunReport {
  /** ISO 8601, the source's clock: before the range was listed. Absent when nothing could be listed. */
  readonly began?: string;
  /** What is left of the range. */
  readonly remainder?: KeyRange;
  /** Keys that listings show as equal and that are not: passes have to look at them again. */
  readonly suspects: number;
}

/**
 * Goes over a part of the key space. Takes no lease and saves nothing: whoever cut the ranges does. Deletes nothing: what
 * one run may delete would else be multiplied by the number of ranges.
 */
export async function runRange(given: RunOptions, range: KeyRange): Promise<RangeReport> {
  const more: { began?: string; remainder?: KeyRange } = {};
  const found = new Suspects();
  const report = await reported(given, async (tally, known) => {
    const options = tally.countingRetries(given);
    const { direction, epoch, stores, mayStart } = await beginReplication(options);
    Object.assign(known, { ...direction, epoch: epoch.epoch });
    const saved = await retryingWith(options)(() => readProgress(stores.destination));
    const progress = validProgress(saved?.value, { epoch: epoch.epoch, ...stores.ids });
    const earlier = new Suspects(progress.suspects);
    const { began, stoppedAfter, error } = await reconcile({
      ...options,
      stores,
      range,
      deletes: options.deletes?.mode === "off" ? options.deletes : LEFT_TO_A_SWEEP,
      changedSince: changedSince(progress, options.watermarkMarginMilliseconds),
      suspects: earlier,
      mayStart,
      onSettled: (pair, settled, startedAt) => {
        tally.count(pair.key, settled);
        found.settled(pair, settled);
        tellCopied(options, direction, pair.key, settled, startedAt);
      },
    });
    Object.assign(more, { began: began?.toISOString() });
    if (stoppedAfter !== undefined) Object.assign(more, { remainder: { ...range, after: stoppedAfter } });
    if (error) return { outcome: "stopped", reason: error.message };
    if (stoppedAfter !== undefined) return { outcome: "incomplete" };
    return { outcome: tally.failed + tally.withheld === 0 ? "clean" : "failed" };
  });
  return { ...report, ...more, suspects: found.remembered(true).keys?.length ?? 0 };
}

/** Frames what `work` did by times and figures. */
export async function reported(
  { clock }: Pick<RunOptions, "clock">,
  work: (tally: Tally, known: Partial<RunReport>) => Promise<Pick<RunReport, "outcome"> & Partial<RunReport>>,
): Promise<RunReport> {
  const startedAt = clock.wall().toISOString();
  const tally = new Tally();
  const known: Partial<RunReport> = {};
  const framed = (result: Pick<RunReport, "outcome"> & Partial<RunReport>): RunReport => ({
    ...known,
    ...result,
    startedAt,
    endedAt: clock.wall().toISOString(),
    ...tally.figures(),
  });
  try {
    return framed(await work(tally, known));
  } catch (error) {
    if (!isReasonToStop(error)) throw error;
    return framed({ outcome: "stopped", reason: error.message });
  }
}
