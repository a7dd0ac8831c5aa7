import { isReservedKey } from "../../contract/state-keys";
import { compareKeys } from "../s3/key-order";
import type { ListedObject } from "../s3/object-client";

/** A key with what the two listings say of it; at least one side is there. */
export interface Pair {
  readonly key: string;
  readonly source?: ListedObject;
  readonly destination?: ListedObject;
}

/** The part of a listing that has been read and not yet joined. */
export interface Window {
  readonly objects: readonly ListedObject[];
  /** Whether nothing follows the last of `objects`. */
  readonly complete: boolean;
}

export interface Joined {
  readonly pairs: readonly Pair[];
  /** What could not be joined yet: the other listing must be read further first. */
  readonly source: Window;
  readonly destination: Window;
}

/**
 * Merge-joins two sorted windows as far as both are known. Memory is bounded by the windows: a key is
 * decided as soon as neither listing can still show it. Reserved keys are left out.
 */
export function join(source: Window, destination: Window): Joined {
  const pairs: Pair[] = [];
  let s = 0;
  let d = 0;
  for (;;) {
    const left = source.objects[s];
    const right = destination.objects[d];
    if (left === undefined && !source.complete) break;
    if (right === undefined && !destination.complete) break;
    if (left === undefined && right === undefined) break;
    const order = side(left, right);
    const key = order <= 0 ? left?.key : right?.key;
    if (order <= 0) s += 1;
    if (order >= 0) d += 1;
    if (key === undefined || isReservedKey(key)) continue;
    pairs.push({ key, ...(order <= 0 && { source: left }), ...(order >= 0 && { destination: right }) });
  }
  return {
    pairs,
    source: { objects: source.objects.slice(s), complete: source.complete },
    destination: { objects: destination.objects.slice(d), complete: destination.complete },
  };
}

/** Negative: only the source has the next key; positive: only the destination; zero: both. */
function side(left: ListedObject | undefined, right: ListedObject | undefined): number {
  if (left === undefined) return 1;
  if (right === undefined) return -1;
  return compareKeys(left.key, right.key);
}
