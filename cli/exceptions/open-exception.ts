import type { KeyException } from "../../lambda/replicator/report";
import type { StoreIds } from "../../lambda/replicator/rules";
import type { Stores } from "../../lambda/replicator/settle-key";
import { originOf } from "../../lambda/replicator/stamp";
import type { ObjectHead } from "../../lambda/s3/object-client";

export type SideName = "source" | "destination";

/** One side's current object of a key that a person must decide about. */
export interface SideState {
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

/** A key that replication reports instead of deciding, with both sides as they are now. */
export interface OpenException extends KeyException {
  readonly source?: SideState;
  readonly destination?: SideState;
}

/** Looks at both sides of a key. */
export async function lookAtException(
  { key, kind, reason }: KeyException,
  { source, destination, ids }: Pick<Stores, "source" | "destination" | "ids">,
): Promise<OpenException> {
  const [left, right] = await Promise.all([source.head(key), destination.head(key)]);
  return {
    key,
    kind,
    reason,
    ...(left && { source: sideState(key, left, ids) }),
    ...(right && { destination: sideState(key, right, ids) }),
  };
}

function sideState(key: string, head: ObjectHead, ids: StoreIds): SideState {
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

function storeOf(storeId: string, ids: StoreIds): NonNullable<SideState["origin"]>["store"] {
  if (storeId === ids.source) return "source";
  return storeId === ids.destination ? "destination" : "another store";
}
