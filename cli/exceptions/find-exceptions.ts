import { DEFAULT_WATERMARK_MARGIN_SECONDS } from "../../contract/environment";
import { PROGRESS_KEY, SYNC_KEY } from "../../contract/state-keys";
import { systemClock } from "../../lambda/replicator/clock";
import { DEFAULT_DELETE_POLICY } from "../../lambda/replicator/delete-policy";
import { type Progress, readProgress, validProgress } from "../../lambda/replicator/progress";
import { reconcile } from "../../lambda/replicator/reconcile";
import type { ExceptionKind, KeyException } from "../../lambda/replicator/report";
import type { Settled, Stores } from "../../lambda/replicator/settle-key";
import { Suspects } from "../../lambda/replicator/suspects";
import { changedSince } from "../../lambda/replicator/sweep";
import { compareKeys } from "../../lambda/s3/key-order";
import { InterruptedError } from "../interruptible";

export interface ExceptionsRequest {
  readonly stores: Stores;
  /** See `handStores`. */
  readonly epoch: number;
  readonly kinds: readonly ExceptionKind[];
  /** Only keys that begin so. */
  readonly prefix?: string;
  readonly signal: AbortSignal;
  /** Told of each key that is done; `size` in bytes, as the source lists it. */
  readonly onSettled?: (key: string, settled: Settled, size: number) => void;
}

export interface FoundExceptions {
  /** In key order. */
  readonly exceptions: readonly KeyException[];
  /** Keys of which it could not be told how they stand. */
  readonly unjudged: readonly KeyException[];
}

/**
 * Goes over both stores as a run does, and changes nothing.
 *
 * @throws InterruptedError when it was asked to end; whatever a run stops for
 */
export async function findExceptions(request: ExceptionsRequest): Promise<FoundExceptions> {
  const { kinds, prefix, signal, onSettled } = request;
  const stores: Stores = { ...request.stores, dryRun: true };
  const known = await lastCleanPass(stores, request.epoch, prefix);
  const exceptions: KeyException[] = [];
  const unjudged: KeyException[] = [];
  const { error } = await reconcile({
    stores,
    range: { prefix },
    deletes: DEFAULT_DELETE_POLICY,
    changedSince: known && changedSince(known, DEFAULT_WATERMARK_MARGIN_SECONDS * 1000),
    suspects: new Suspects(known?.suspects),
    mayStart: () => !signal.aborted,
    clock: systemClock,
    random: Math.random,
    onSettled: ({ key, source }, settled) => {
      onSettled?.(key, settled, source?.size ?? 0);
      if (!("reason" in settled)) return;
      const { outcome: kind, reason } = settled;
      if (kinds.includes(kind)) exceptions.push({ key, kind, reason });
      if (kind === "failed") unjudged.push({ key, kind, reason });
    },
  });
  if (signal.aborted) throw new InterruptedError("interrupted");
  if (error) throw error;
  return { exceptions: byKey(exceptions), unjudged };
}

/**
 * The last pass that looked at everything, by the schedule or by hand: what has not changed since is listed as it is.
 * Without one, every key is looked at closely.
 */
async function lastCleanPass(
  { destination, ids }: Stores,
  epoch: number,
  prefix: string | undefined,
): Promise<Progress | undefined> {
  for (const [place, of] of [
    [PROGRESS_KEY, undefined],
    [SYNC_KEY, undefined],
    [SYNC_KEY, prefix],
  ] as const) {
    const saved = await readProgress(destination, place);
    const valid = validProgress(saved?.value, { epoch, ...ids, ...(of && { prefix: of }) });
    if (valid.watermark !== undefined) return valid;
  }
  return undefined;
}

function byKey(exceptions: readonly KeyException[]): readonly KeyException[] {
  return exceptions.toSorted((left, right) => compareKeys(left.key, right.key));
}
