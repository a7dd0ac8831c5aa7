import type { StoreName } from "../../contract/stores";

/**
 * Why a key was not made equal.
 *
 * - `conflict`: written on both sides; both are kept.
 * - `late`: only the destination's object moved on; the source still holds a replica of an older version.
 * - `deleted`: absent on the destination because it was deleted there; not brought back.
 * - `stray`: only on the destination, without proof of deletion.
 * - `withheld`: its deletion is proven, and the run found more than it may place.
 * - `unsupported`: cannot be held by the destination.
 * - `failed`: tried and not done; the next run tries again.
 */
export const EXCEPTION_KINDS = [
  "conflict",
  "late",
  "deleted",
  "stray",
  "withheld",
  "unsupported",
  "failed",
] as const;

export type ExceptionKind = (typeof EXCEPTION_KINDS)[number];

export interface KeyException {
  readonly key: string;
  readonly kind: ExceptionKind;
  /** One sentence, without secrets. */
  readonly reason: string;
}

/**
 * - `clean`: the pass reached the end of both listings and nothing failed.
 * - `incomplete`: out of time; the next run continues from the checkpoint.
 * - `failed`: the pass reached the end, and some keys could not be copied, or deletions were withheld.
 * - `stopped`: it was not safe or not possible to go on; `reason` says why.
 * - `yielded`: another run is under way; nothing was done.
 */
export type RunOutcome = "clean" | "incomplete" | "failed" | "stopped" | "yielded";

/** What one run did: the function's answer, and the last line of its log. */
export interface RunReport {
  readonly outcome: RunOutcome;
  readonly reason?: string;
  readonly source?: StoreName;
  readonly destination?: StoreName;
  readonly epoch?: number;
  /** ISO 8601, this machine's clock. */
  readonly startedAt: string;
  readonly endedAt: string;
  /** Keys seen on the source. */
  readonly listed: number;
  readonly copied: number;
  readonly copiedBytes: number;
  /** Keys that the source had deleted, and that got a delete marker on the destination. */
  readonly removed: number;
  readonly unchanged: number;
  /** Attempts that failed in a way that may pass, and that another one followed. */
  readonly retries: number;
  readonly exceptionCounts: Readonly<Record<ExceptionKind, number>>;
  /** The first 1,000; the counts are complete. */
  readonly exceptions: readonly KeyException[];
  /** ISO 8601, the source's clock. Everything acknowledged before it is on the standby, exceptions aside. */
  readonly syncPoint?: string;
  /** Where the next run continues. */
  readonly checkpoint?: string;
  /** Stores that keep no versions: there, only absent keys and valid replicas are written, and nothing is deleted. */
  readonly unversioned?: readonly StoreName[];
  /** Nothing was changed: the figures say what would have been. */
  readonly dryRun?: true;
}

/** A run with failures, or one that had to stop, is never reported as a success. */
export function isSuccess(report: RunReport): boolean {
  if (report.outcome === "incomplete") return report.exceptionCounts.failed === 0;
  return report.outcome === "clean" || report.outcome === "yielded";
}

/** One line of the log for each object written, with `LOG_LEVEL=debug`. Times are ISO 8601, this machine's clock. */
export interface CopyRecord {
  readonly event: "copied";
  readonly key: string;
  readonly source: StoreName;
  readonly destination: StoreName;
  readonly etag: string;
  readonly versionId: string;
  readonly startedAt: string;
  readonly endedAt: string;
}
