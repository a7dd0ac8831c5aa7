import { PROGRESS_KEY } from "../../contract/state-keys";
import type { ObjectClient } from "../s3/object-client";
import { EXCEPTION_KINDS, type ExceptionKind, type RunOutcome } from "./report";
import { readState, type StateObject, writeState } from "./state-object";

/** Which history saved state is about; state of another one is void. */
export interface Lineage {
  readonly epoch: number;
  /** Identities of the stores, in the direction of replication. */
  readonly source: string;
  readonly destination: string;
  /** Where only a part of the keys is replicated: how they begin. */
  readonly prefix?: string;
}

/** A pass that ran out of time, and where it goes on. All dates are ISO 8601, the source's clock. */
export interface Checkpoint {
  /** All keys up to this one are done. */
  readonly after: string;
  /** The source's `Date` at the first listing of the pass. */
  readonly passBegan: string;
  /** Keys of the pass so far that could not be copied. */
  readonly failed: number;
  /** Keys of the pass so far that could not be made equal, failed ones included. */
  readonly exceptions: number;
  /** Keys of the source since the last of `boundaries`. */
  readonly sinceBoundary?: number;
}

/** How the last run ended that came to note anything; for people and for a flip, never for replication itself. */
export interface LastRun {
  /** ISO 8601, the clock of whoever ran it. */
  readonly endedAt: string;
  readonly outcome: RunOutcome;
  /** Keys that the pass so far could not make equal, by kind; kinds without any are left out. */
  readonly exceptionCounts: Readonly<Partial<Record<ExceptionKind, number>>>;
  /** Keys that a pass in ranges could not make equal, and of which only their number is known. */
  readonly unclassified?: number;
  /** While a pass is not finished: what the one before it came to, which is the one that the sync point is about. */
  readonly before?: ExceptionNote;
}

/** What a pass could not make equal, in numbers. */
export type ExceptionNote = Pick<LastRun, "exceptionCounts" | "unclassified">;

/** What replication remembers on the standby. */
export interface Progress extends Lineage {
  /** Beginning of the last pass in which nothing failed. */
  readonly watermark?: string;
  readonly syncPoint?: string;
  readonly checkpoint?: Checkpoint;
  /** Keys that listings show as equal and that are not; see `Suspects`. */
  readonly suspects?: readonly string[];
  /** Every so many keys of the source one, ascending: where the key space may be cut into ranges of equal work. */
  readonly boundaries?: readonly string[];
  readonly lastRun?: LastRun;
}

export type SavedProgress = StateObject<Progress>;

/** @param key - where it is kept, on the standby */
export function readProgress(standby: ObjectClient, key = PROGRESS_KEY): Promise<SavedProgress | undefined> {
  return readState(standby, key, parseProgress);
}

/** @returns false when another runner saved first; its progress stands, and this one's work is not lost: the next pass finds it done */
export async function saveProgress(
  standby: ObjectClient,
  progress: Progress,
  seen: SavedProgress | undefined,
  key = PROGRESS_KEY,
): Promise<boolean> {
  return (await writeState(standby, key, progress, seen)) !== undefined;
}

/** Adds up over the runs of one pass: a key that the first of them met counts as long as the pass lasts. */
export function lastRunOf(
  before: Progress,
  run: { readonly outcome: RunOutcome; readonly endedAt: Date; readonly isPassOver: boolean },
  counts: Readonly<Record<ExceptionKind, number>>,
): LastRun {
  const { checkpoint, lastRun } = before;
  const earlier = checkpoint === undefined ? undefined : lastRun?.exceptionCounts;
  const sums = EXCEPTION_KINDS.map((kind) => [kind, (earlier?.[kind] ?? 0) + counts[kind]] as const);
  const wholePass = checkpoint === undefined ? noteOf(lastRun) : lastRun?.before;
  return {
    endedAt: run.endedAt.toISOString(),
    outcome: run.outcome,
    exceptionCounts: Object.fromEntries(sums.filter(([, count]) => count > 0)),
    ...(!run.isPassOver && wholePass && { before: wholePass }),
  };
}

/**
 * What may be open: until a pass is over, a key that the one before it met may be open still where this one has not been.
 * A key that both met counts twice: told is never less than there is.
 */
export function openOf({ exceptionCounts, unclassified = 0, before }: LastRun): ExceptionNote {
  const sums = EXCEPTION_KINDS.map(
    (kind) => [kind, (exceptionCounts[kind] ?? 0) + (before?.exceptionCounts[kind] ?? 0)] as const,
  );
  const unknown = unclassified + (before?.unclassified ?? 0);
  return {
    exceptionCounts: Object.fromEntries(sums.filter(([, count]) => count > 0)),
    ...(unknown > 0 && { unclassified: unknown }),
  };
}

/** Undefined where there is nothing to note. */
function noteOf(lastRun: LastRun | undefined): ExceptionNote | undefined {
  if (lastRun === undefined) return undefined;
  const { exceptionCounts, unclassified = 0 } = lastRun;
  if (unclassified === 0 && Object.keys(exceptionCounts).length === 0) return undefined;
  return { exceptionCounts, ...(unclassified > 0 && { unclassified }) };
}

/** The saved progress if it is about this history; else a fresh one. */
export function validProgress(saved: Progress | undefined, lineage: Lineage): Progress {
  const same =
    saved?.epoch === lineage.epoch &&
    saved.source === lineage.source &&
    saved.destination === lineage.destination &&
    saved.prefix === lineage.prefix;
  return same ? saved : lineage;
}

function parseProgress(json: unknown): Progress | undefined {
  if (typeof json !== "object" || json === null) return undefined;
  const {
    epoch,
    source,
    destination,
    prefix,
    watermark,
    syncPoint,
    checkpoint,
    suspects,
    boundaries,
    lastRun,
  } = json as Partial<Progress>;
  if (typeof epoch !== "number" || typeof source !== "string" || typeof destination !== "string")
    return undefined;
  if (!isDate(watermark) || !isDate(syncPoint) || !isCheckpoint(checkpoint)) return undefined;
  if (![suspects, boundaries].every((keys) => keys === undefined || Array.isArray(keys))) return undefined;
  if (prefix !== undefined && typeof prefix !== "string") return undefined;
  return {
    epoch,
    source,
    destination,
    prefix,
    watermark,
    syncPoint,
    checkpoint,
    suspects,
    boundaries,
    ...(isLastRun(lastRun) && { lastRun }),
  };
}

/** Anything else is left out and not refused: replication does not depend on it. */
function isLastRun(value: LastRun | undefined): boolean {
  if (typeof value !== "object" || value === null) return false;
  const { endedAt, outcome, before } = value;
  if (typeof endedAt !== "string" || !isDate(endedAt) || typeof outcome !== "string") return false;
  return isNote(value) && (before === undefined || isNote(before));
}

function isNote(value: ExceptionNote): boolean {
  if (typeof value !== "object" || value === null) return false;
  const { exceptionCounts, unclassified = 0 } = value;
  if (typeof exceptionCounts !== "object" || exceptionCounts === null) return false;
  return [...Object.values(exceptionCounts), unclassified].every(
    (count) => Number.isSafeInteger(count) && count >= 0,
  );
}

function isDate(value: string | undefined): boolean {
  return value === undefined || (typeof value === "string" && !Number.isNaN(Date.parse(value)));
}

function isCheckpoint(value: Checkpoint | undefined): boolean {
  if (value === undefined) return true;
  return (
    typeof value.after === "string" &&
    typeof value.passBegan === "string" &&
    isDate(value.passBegan) &&
    typeof value.failed === "number" &&
    typeof value.exceptions === "number"
  );
}
