import { systemClock } from "../../lambda/replicator/clock";
import {
  type DeletionStores,
  MarkerPlacement,
  type ProvenDeletion,
} from "../../lambda/replicator/place-delete-marker";
import { retryingWith } from "../../lambda/replicator/replication";
import type { ObjectClient } from "../../lambda/s3/object-client";
import { StoreError } from "../../lambda/s3/store-error";

export const CHANGED = "it changed at the same moment; look at it again";

/**
 * Places a delete marker on the version that is named. Tried again after a failure that may pass: a marker that landed on
 * something newer hides it until it is taken back.
 *
 * @param stores - as for a copy: the marker is placed on `destination`, where `source` has none
 * @returns why it was not done; undefined when it was
 */
export async function placeDeletion(
  deletion: ProvenDeletion,
  stores: DeletionStores,
): Promise<string | undefined> {
  const placement = new MarkerPlacement(deletion, stores);
  const retrying = retryingWith({ clock: systemClock, random: Math.random });
  let reason: string;
  try {
    const { outcome } = await retrying(() => placement.place());
    if (outcome !== "failed") return undefined;
    reason = CHANGED;
  } catch (error) {
    if (!(error instanceof StoreError)) throw error;
    reason = error.message;
  }
  const marker = await standingMarker(deletion, stores.destination);
  return marker === undefined ? reason : `${reason}; ${marker}`;
}

/** An answer may be lost, and a marker that may not be taken back stays: whoever decides must know what is hidden now. */
async function standingMarker(
  { key, versionId }: ProvenDeletion,
  store: ObjectClient,
): Promise<string | undefined> {
  const stack = await store.versions(key).catch(() => undefined);
  if (stack === undefined) return "whether a delete marker was placed cannot be told";
  const [top] = stack;
  if (!top?.isDeleteMarker) return undefined;
  const hidden = stack.find((version) => !version.isDeleteMarker)?.versionId;
  return hidden === versionId
    ? `delete marker ${top.versionId} stands there now`
    : `delete marker ${top.versionId} hides version ${hidden}, which is newer; to bring that back, remove the marker by its version id`;
}
