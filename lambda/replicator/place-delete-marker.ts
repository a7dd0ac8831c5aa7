import type { ObjectClient } from "../s3/object-client";
import { StoreError } from "../s3/store-error";

/** A deletion that the source's version stack proves, and the version of the destination that it is about. */
export interface ProvenDeletion {
  readonly key: string;
  readonly versionId: string;
}

export interface DeletionStores {
  readonly source: ObjectClient;
  readonly destination: ObjectClient;
  /** Resolves when a mutation may start now. */
  readonly confirm: () => Promise<void>;
}

export type Placed =
  | { readonly outcome: "removed" }
  | { readonly outcome: "unchanged" }
  | { readonly outcome: "failed"; readonly reason: string };

/**
 * Deletes on the destination what the source has deleted. No store makes a delete conditional: so both sides are
 * looked at just before, and the destination's stack again after. A marker that landed on another version than
 * meant is removed by its own version id.
 */
export async function placeDeleteMarker(
  { key, versionId }: ProvenDeletion,
  { source, destination, confirm }: DeletionStores,
): Promise<Placed> {
  const [recreated, before] = await Promise.all([source.head(key), destination.versions(key)]);
  if (recreated !== undefined) return changed("it was written again on the source");
  if (before[0]?.isDeleteMarker) return { outcome: "unchanged" };
  if (before[0]?.versionId !== versionId) return changed("it was written again on the destination");
  await confirm();
  const { markerVersionId } = await destination.delete({ key });
  if (markerVersionId === undefined) {
    throw new StoreError(`DeleteObject ${destination.bucket}/${key}: the answer names no delete marker`, {
      kind: "refused",
      operation: "DeleteObject",
      bucket: destination.bucket,
      key,
    });
  }
  const after = await destination.versions(key);
  const marker = after.findIndex((version) => version.versionId === markerVersionId);
  // Markers of others may lie between: then it was deleted there as well.
  const covered = after.slice(marker + 1).find((version) => !version.isDeleteMarker);
  if (marker === -1 || covered?.versionId === versionId) return { outcome: "removed" };
  await destination.delete({ key, versionId: markerVersionId });
  return changed("it was written on the destination at the same moment; the delete marker was removed again");
}

function changed(what: string): Placed {
  return { outcome: "failed", reason: `not deleted: ${what}; the next run looks at it again` };
}
