import { STAMP_METADATA_KEY } from "../../contract/stamp";
import type { ListedVersion, ObjectClient, ObjectHead } from "../s3/object-client";
import { isReplicaOf, type StoreIds } from "./rules";
import { originOf } from "./stamp";

/** An original: one version of one store. */
export interface Original {
  readonly storeId: string;
  readonly head: ObjectHead;
}

/** The two sides of a deletion. */
export interface ProofStores {
  readonly source: ObjectClient;
  readonly destination: ObjectClient;
  readonly ids: StoreIds;
}

/** Whether `store` ever held a valid replica of exactly this version under the key, now overwritten or not. */
export async function heldReplicaOf(store: ObjectClient, key: string, original: Original): Promise<boolean> {
  return (await findReplica(store, key, await store.versions(key), original)) !== undefined;
}

/** Whether a replica of exactly this version was deleted on `store`: a delete marker is on top, and the replica below. */
export async function deletedReplicaOf(
  store: ObjectClient,
  key: string,
  original: Original,
): Promise<boolean> {
  const versions = await store.versions(key);
  return isDeleted(versions) && (await findReplica(store, key, versions, original)) !== undefined;
}

/**
 * Whether the source deleted what the destination has: a delete marker is on top of the source's version stack, and
 * the counterpart of the destination's object below it. What stands between the two was written later, on the same
 * store, and is deleted as well.
 */
export async function deletionIsProven(
  { source, destination, ids }: ProofStores,
  key: string,
  counterpart: ObjectHead,
): Promise<boolean> {
  const versions = await source.versions(key);
  if (!isDeleted(versions)) return false;
  const origin = originOf(key, counterpart);
  const isBelow = versions.some(
    ({ versionId, etag, isDeleteMarker }) =>
      !isDeleteMarker && versionId === origin?.versionId && etag === origin.etag,
  );
  if (origin?.storeId === ids.source && isBelow && !(await isRestored(destination, key, counterpart))) {
    return true;
  }
  const original = { storeId: ids.destination, head: counterpart };
  return (await findReplica(source, key, versions, original)) !== undefined;
}

/**
 * Whether a valid stamp was carried on by a client's copy of an older version onto the same key: the stack holds the
 * replica itself further down, with something else between. Such an object is native, and means that the client wants
 * this content now. A copy of the current version onto itself, as to change its storage class, means nothing.
 */
export async function isRestored(store: ObjectClient, key: string, head: ObjectHead): Promise<boolean> {
  const stamp = head.headers.metadata[STAMP_METADATA_KEY];
  const versions = await store.versions(key);
  const own = versions.findIndex(({ versionId }) => versionId === head.versionId);
  if (stamp === undefined || own === -1) return false;
  let somethingElse = false;
  for (const older of versions.slice(own + 1)) {
    const isLike = !older.isDeleteMarker && older.etag === head.etag;
    const seen = isLike ? await store.head(key, { versionId: older.versionId }) : undefined;
    if (seen?.headers.metadata[STAMP_METADATA_KEY] !== stamp) somethingElse = true;
    else if (somethingElse) return true;
  }
  return false;
}

function isDeleted(versions: readonly ListedVersion[]): boolean {
  return versions[0]?.isDeleteMarker === true;
}

async function findReplica(
  store: ObjectClient,
  key: string,
  versions: readonly ListedVersion[],
  original: Original,
): Promise<ListedVersion | undefined> {
  for (const version of likeliestFirst(versions, original.head)) {
    const head = await store.head(key, { versionId: version.versionId });
    if (head && isReplicaOf(key, head, original.storeId, original.head)) return version;
  }
  return undefined;
}

/**
 * A replica has its original's ETag, unless that is no digest, as on a store that encrypts. That it is none cannot
 * be seen, so all versions are candidates.
 */
function likeliestFirst(versions: readonly ListedVersion[], original: ObjectHead): ListedVersion[] {
  const objects = versions.filter((version) => !version.isDeleteMarker);
  const isLikely = (version: ListedVersion) => version.etag === original.etag;
  return [...objects.filter(isLikely), ...objects.filter((version) => !isLikely(version))];
}
