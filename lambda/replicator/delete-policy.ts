import {
  DEFAULT_MAXIMUM_DELETIONS,
  DEFAULT_MAXIMUM_DELETIONS_PERCENT,
  type DeletionMode,
} from "../../contract/environment";

/** What is done about a proven deletion. */
export interface DeletePolicy {
  /**
   * `markers` places a delete marker on the destination, which can be undone; `off` reports only. `later` leaves it to
   * a sweep: for who sees a part of the keys, and cannot tell how many were deleted.
   */
  readonly mode: DeletionMode | "later";
  /** Deletions that one run may place at most, if it finds more it places none. */
  readonly mostKeys: number;
  /** The same as a share of the keys that the run saw on the destination, 0 to 100. */
  readonly mostPercent: number;
}

export const DEFAULT_DELETE_POLICY: DeletePolicy = {
  mode: "markers",
  mostKeys: DEFAULT_MAXIMUM_DELETIONS,
  mostPercent: DEFAULT_MAXIMUM_DELETIONS_PERCENT,
};

/** So many are placed whatever their share is: a bucket of five objects may lose one. */
const ALWAYS_ALLOWED = 10;

/**
 * How many deletions a run may place.
 *
 * @param seen - keys that the run saw on the destination
 */
export function deletionCap({ mostKeys, mostPercent }: DeletePolicy, seen: number): number {
  return Math.min(mostKeys, Math.max(ALWAYS_ALLOWED, Math.floor((seen * mostPercent) / 100)));
}
