import type { ListedVersion, ObjectClient, ObjectHead } from "../s3/object-client";
import { isReplicaOf } from "./rules";
import { originOf } from "./stamp";

/** An original: one version of one store. */
export interface Original {
  readonly storeId: string;
  readonly head: ObjectHead;
}

/** Whether `store` ever held a valid replica of exactly this version under the key, now overwritten or not. */
export async function heldReplicaOf(store: ObjectClient, key: string, original: Original): Promise<boolean> {
  return findsReplica(store, key, await store.versions(key), original);
}

/** Whether a replica of exactly this version was deleted on `store`: a delete marker is on top, and the replica below. */
export async function deletedReplicaOf(
  store: ObjectClient,
  key: string,
  original: Original,
): Promise<boolean> {
  const versions = await store.versions(key);
  return versions[0]?.isDeleteMarker === true && (await findsReplica(store, key, versions, original));
}

async function findsReplica(
  store: ObjectClient,
  key: string,
  versions: readonly ListedVersion[],
  original: Original,
): Promise<boolean> {
  for (const version of likeliestFirst(versions, original.head)) {
    const head = await store.head(key, { versionId: version.versionId });
    if (head && isReplicaOf(originOf(key, head), original.storeId, original.head)) return true;
  }
  return false;
}

/**
 * A replica has its original's ETag, unless that is no MD5: made of several parts, or by a store that encrypts.
 * That it is none cannot be seen, so all versions are candidates.
 */
function likeliestFirst(versions: readonly ListedVersion[], original: ObjectHead): ListedVersion[] {
  const objects = versions.filter((version) => !version.isDeleteMarker);
  const isLikely = (version: ListedVersion) => version.etag === original.etag;
  return [...objects.filter(isLikely), ...objects.filter((version) => !isLikely(version))];
}
