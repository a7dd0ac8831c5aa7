import type { ListedVersion, ObjectClient } from "../s3/object-client";
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
export class MarkerPlacement {
  /** The version id of the delete marker, once it is placed. */
  private marker: string | undefined;

  constructor(
    private readonly deletion: ProvenDeletion,
    private readonly stores: DeletionStores,
  ) {}

  /** May be called again after a failure: what was placed is not placed twice, and looked at all the same. */
  public async place(): Promise<Placed> {
    const { key, versionId } = this.deletion;
    const { source, destination, confirm } = this.stores;
    if (this.marker === undefined) {
      const [recreated, before] = await Promise.all([source.head(key), destination.versions(key)]);
      if (recreated !== undefined) return changed("it was written again on the source");
      if (before[0]?.isDeleteMarker) return this.alreadyDeleted(before);
      if (before[0]?.versionId !== versionId) return changed("it was written again on the destination");
      await confirm();
      this.marker = await this.placeMarker();
    }
    const after = await destination.versions(key);
    const index = after.findIndex((version) => version.versionId === this.marker);
    // Markers of others may lie between: then it was deleted there as well.
    if (index === -1 || coveredBy(after.slice(index)) === versionId) return { outcome: "removed" };
    await destination.delete({ key, versionId: this.marker });
    return changed(
      "it was written on the destination at the same moment; the delete marker was removed again",
    );
  }

  /** By a client of the destination, or by an attempt whose answer was lost, so that nobody knows its marker. */
  private alreadyDeleted(stack: readonly ListedVersion[]): Placed {
    if (coveredBy(stack) === this.deletion.versionId) return { outcome: "unchanged" };
    return {
      outcome: "failed",
      reason:
        "a delete marker stands on another version than the one that the source deleted; look whose it is",
    };
  }

  private async placeMarker(): Promise<string> {
    const { destination } = this.stores;
    const { key } = this.deletion;
    const { markerVersionId } = await destination.delete({ key });
    if (markerVersionId !== undefined) return markerVersionId;
    throw new StoreError(`DeleteObject ${destination.bucket}/${key}: the answer names no delete marker`, {
      kind: "refused",
      operation: "DeleteObject",
      bucket: destination.bucket,
      key,
    });
  }
}

/** The version that the markers on top hide. */
function coveredBy(stack: readonly ListedVersion[]): string | undefined {
  return stack.find((version) => !version.isDeleteMarker)?.versionId;
}

function changed(what: string): Placed {
  return { outcome: "failed", reason: `not deleted: ${what}; the next run looks at it again` };
}
