import type { ListedObject, ObjectHead, WriteCondition } from "../s3/object-client";
import type { Pair } from "./diff";
import type { ExceptionKind } from "./report";
import { originOf, sameHeaders } from "./stamp";

/**
 * What is done about one key. Clocks never decide which of two objects wins, absence never proves a
 * deletion, and an equal ETag is not an equal history.
 */
export type Decision = LeaveAlone | { readonly action: "copy"; readonly condition: WriteCondition };

/** The destination's object is not touched: it is equal, or there is something to report. */
export type LeaveAlone =
  | { readonly action: "skip" }
  | { readonly action: "report"; readonly kind: ExceptionKind; readonly reason: string };

/** What the listings alone tell of a key: whether it may be left alone, or what has to be looked at. */
export type Glance = "equal" | "compare" | "absent-on-destination" | "absent-on-source";

/** The identities of the two stores, from `.storage-failover/store.json`. */
export interface StoreIds {
  readonly source: string;
  readonly destination: string;
}

/** A key's current object on both sides. */
export interface Both {
  readonly key: string;
  readonly source: ObjectHead;
  readonly destination: ObjectHead;
}

const SKIP: Decision = { action: "skip" };

/**
 * @param changedSince - source's clock: objects at least as young are looked at more closely even where
 *   ETag and size are equal, since headers may differ. Absent: all of them, as in the first pass of an epoch.
 */
export function glance(pair: Pair, changedSince: Date | undefined): Glance {
  const { source, destination } = pair;
  if (source === undefined) return "absent-on-source";
  if (destination === undefined) return "absent-on-destination";
  return looksEqual(pair) && !mayHaveChanged(source, changedSince) ? "equal" : "compare";
}

/** Whether the listings show no difference. Headers, metadata and tags may differ all the same. */
export function looksEqual({ source, destination }: Pair): boolean {
  return source?.etag === destination?.etag && source?.size === destination?.size;
}

function mayHaveChanged(object: ListedObject, changedSince: Date | undefined): boolean {
  return changedSince === undefined || object.lastModified.getTime() >= changedSince.getTime();
}

/** Whether one of the two is a replica of just the other: equal, and known to be. */
export function areOneWrite({ key, source, destination }: Both, ids: StoreIds): boolean {
  return (
    isReplicaOf(key, destination, ids.source, source) ||
    isReplicaOf(key, source, ids.destination, destination)
  );
}

function areAlike({ source, destination }: Both): boolean {
  return (
    source.etag === destination.etag &&
    source.size === destination.size &&
    sameHeaders(source.headers, destination.headers)
  );
}

/**
 * Whether `replica` is a valid one of exactly this version of this store. Where versions have no ids of their own, the
 * same content may have been written again with other headers.
 */
export function isReplicaOf(
  key: string,
  replica: ObjectHead,
  storeId: string,
  original: ObjectHead,
): boolean {
  const origin = originOf(key, replica);
  const { versionId, etag, headers } = original;
  if (origin?.storeId !== storeId || origin.versionId !== versionId || origin.etag !== etag) return false;
  return versionId !== "null" || sameHeaders(headers, replica.headers);
}

/** What the stores' histories tell; each is asked only where nothing cheaper decides. */
export interface History {
  /** Whether the source's version stack holds a valid replica of exactly the destination's current version. */
  descends(): Promise<boolean>;
  /** Whether a client of the destination restored the replica that stands there, so that it is a write of its own. */
  restored(): Promise<boolean>;
  /** Whether the destination's object may be given a stamp: it was put there before replication began. */
  adoptable(): Promise<boolean>;
}

/** Decides a key that both sides have. */
export async function decideBoth(both: Both, ids: StoreIds, history: History): Promise<Decision> {
  if (areOneWrite(both, ids)) return SKIP;
  const overwrite: Decision = { action: "copy", condition: { etag: both.destination.etag } };
  const isReplica = originOf(both.key, both.destination)?.storeId === ids.source;
  if (isReplica && !(await history.restored())) return overwrite;
  if (await history.descends()) return overwrite;
  // Asked only now: a write of the same content, where it may replace the older one, must leave a stamp of its
  // own. Without it, a later overwrite or deletion on the other side could not be told from a conflict.
  if (areAlike(both)) return (await history.adoptable()) ? overwrite : SKIP;
  if (originOf(both.key, both.source)?.storeId === ids.destination) {
    return report(
      "late",
      "written on the destination before the flip and never replicated; the source holds its older version",
    );
  }
  return report("conflict", "written on both sides since they were last equal; both are kept");
}

/**
 * Decides a key that only the source has.
 *
 * @param history - `deletedThere`: whether the destination's version stack shows that a replica of exactly this
 *   version was deleted there; `restored`: whether a client of the source restored the replica that stands there
 */
export async function decideAbsentOnDestination(
  key: string,
  source: ObjectHead,
  ids: StoreIds,
  history: Pick<History, "restored"> & { deletedThere(): Promise<boolean> },
): Promise<Decision> {
  if (originOf(key, source)?.storeId === ids.destination) {
    if (await history.restored()) return { action: "copy", condition: { absent: true } };
    return report(
      "deleted",
      "the source holds a replica of an object that was deleted on the destination; not brought back",
    );
  }
  if (await history.deletedThere()) {
    return report(
      "deleted",
      "its replica was deleted on the destination while that store was active; not brought back",
    );
  }
  return { action: "copy", condition: { absent: true } };
}

function report(kind: ExceptionKind, reason: string): LeaveAlone {
  return { action: "report", kind, reason };
}
