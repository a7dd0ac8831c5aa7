import type { KeyException } from "../../lambda/replicator/report";
import type { StoreIds } from "../../lambda/replicator/rules";
import type { Stores } from "../../lambda/replicator/settle-key";
import { originOf } from "../../lambda/replicator/stamp";
import type { ListedVersion, ObjectClient, ObjectHead } from "../../lambda/s3/object-client";

export type SideName = "source" | "destination";

/** One side of a key that a person must decide about: its current object, or the delete marker that stands there. */
export type SideState = CurrentObject | Deleted;

export interface CurrentObject {
  readonly etag: string;
  /** Bytes. */
  readonly size: number;
  /** ISO 8601, that store's clock; never a reason to prefer one side. */
  readonly lastModified: string;
  readonly versionId: string;
  /** Whether replication wrote it and nobody touched it since. */
  readonly kind: "replica" | "native";
  /** Of a replica: what it was copied from. */
  readonly origin?: {
    readonly store: SideName | "another store";
    readonly versionId: string;
    readonly etag: string;
  };
}

/** Only where the store keeps versions: elsewhere a deletion leaves nothing that could be shown. */
export interface Deleted {
  readonly kind: "deleted";
  /** ISO 8601: when the delete marker was placed, by that store's clock. */
  readonly lastModified: string;
  /** The delete marker's. */
  readonly versionId: string;
  /** What it hides; absent where nothing is left below it. */
  readonly hides?: { readonly versionId: string; readonly etag: string };
}

/** A key that replication reports instead of deciding, with both sides as they are now. */
export interface OpenException extends KeyException {
  readonly source?: SideState;
  readonly destination?: SideState;
}

/** Looks at both sides of a key. */
export async function lookAtException(
  { key, kind, reason }: KeyException,
  { source, destination, ids, versioned }: Pick<Stores, "source" | "destination" | "ids" | "versioned">,
): Promise<OpenException> {
  const [left, right] = await Promise.all([
    lookAtSide(key, source, ids, versioned.source),
    lookAtSide(key, destination, ids, versioned.destination),
  ]);
  return { key, kind, reason, ...(left && { source: left }), ...(right && { destination: right }) };
}

async function lookAtSide(
  key: string,
  store: ObjectClient,
  ids: StoreIds,
  versioned: boolean,
): Promise<SideState | undefined> {
  const head = await store.head(key);
  if (head) return currentObject(key, head, ids);
  return versioned ? deleted(await store.versions(key)) : undefined;
}

/** Undefined where the store knows nothing of the key, or holds an object again by now. */
function deleted(stack: readonly ListedVersion[]): Deleted | undefined {
  const [marker] = stack;
  if (!marker?.isDeleteMarker || marker.placedAt === undefined) return undefined;
  const hidden = stack.find((version) => !version.isDeleteMarker);
  return {
    kind: "deleted",
    lastModified: marker.placedAt.toISOString(),
    versionId: marker.versionId,
    ...(hidden?.etag !== undefined && { hides: { versionId: hidden.versionId, etag: hidden.etag } }),
  };
}

function currentObject(key: string, head: ObjectHead, ids: StoreIds): CurrentObject {
  const { etag, size, versionId } = head;
  const origin = originOf(key, head);
  return {
    etag,
    size,
    lastModified: head.lastModified.toISOString(),
    versionId,
    kind: origin === undefined ? "native" : "replica",
    ...(origin && {
      origin: { store: storeOf(origin.storeId, ids), versionId: origin.versionId, etag: origin.etag },
    }),
  };
}

function storeOf(storeId: string, ids: StoreIds): NonNullable<CurrentObject["origin"]>["store"] {
  if (storeId === ids.source) return "source";
  return storeId === ids.destination ? "destination" : "another store";
}
