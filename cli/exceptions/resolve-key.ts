import { DestinationProbe } from "../../lambda/replicator/destination-probe";
import { naming } from "../../lambda/replicator/naming";
import { openOriginal } from "../../lambda/replicator/open-original";
import { placeDeleteMarker } from "../../lambda/replicator/place-delete-marker";
import type { ExceptionKind } from "../../lambda/replicator/report";
import type { Retrying } from "../../lambda/replicator/retry";
import type { Stores } from "../../lambda/replicator/settle-key";
import { UnsupportedObjectError } from "../../lambda/replicator/unsupported-object";
import { UploadJournal } from "../../lambda/replicator/upload-journal";
import type { ObjectHead, WriteCondition } from "../../lambda/s3/object-client";
import { StoreError } from "../../lambda/s3/store-error";
import { judgeKey } from "./judge-key";
import type { SideName } from "./open-exception";

/**
 * What a person decided about a key.
 *
 * - `keep-source`: the destination gets a replica of the source's object.
 * - `keep-destination`: the source gets a replica of the destination's object.
 * - `restore`: the same, where the source has none.
 * - `delete`: the destination's object gets a delete marker.
 */
export type Resolution = "keep-source" | "keep-destination" | "restore" | "delete";

export type Resolved =
  | {
      readonly key: string;
      readonly outcome: "resolved";
      readonly resolution: Resolution;
      readonly wrote: SideName;
      readonly olderVersion?: string;
    }
  /** There is nothing to decide about this key; `reason` says how it stands. */
  | { readonly key: string; readonly outcome: "not-open"; readonly reason: string }
  | { readonly key: string; readonly outcome: "failed"; readonly reason: string };

/** What each resolution is an answer to. */
export const ANSWERS: Readonly<Record<Resolution, readonly ExceptionKind[]>> = {
  "keep-source": ["conflict", "late"],
  "keep-destination": ["conflict", "late"],
  restore: ["stray"],
  delete: ["stray"],
};

/** The side that a resolution writes into. */
export function writtenSide(resolution: Resolution): SideName {
  return resolution === "keep-source" || resolution === "delete" ? "destination" : "source";
}

/**
 * Does what was decided, if the key is still open. The write is conditional on what was seen, and the object that it
 * covers remains as an older version.
 */
export async function resolveKey(key: string, resolution: Resolution, stores: Stores): Promise<Resolved> {
  try {
    return await attempt(key, resolution, stores);
  } catch (error) {
    if (error instanceof UnsupportedObjectError) return { key, outcome: "failed", reason: error.message };
    if (!(error instanceof StoreError)) throw error;
    const changed = error.kind === "precondition-failed" || error.kind === "not-found";
    const reason = changed ? "it changed at the same moment; look at it again" : error.message;
    return { key, outcome: "failed", reason };
  }
}

async function attempt(key: string, resolution: Resolution, stores: Stores): Promise<Resolved> {
  // Seen first and judged after: if it changes in between, the conditional write is refused.
  const [source, destination] = await Promise.all([stores.source.head(key), stores.destination.head(key)]);
  const judged = await judgeKey(key, stores);
  if (!ANSWERS[resolution].some((kind) => kind === judged.outcome)) {
    return { key, outcome: "not-open", reason: howItStands(judged) };
  }
  if (resolution === "delete") return deleteStray(key, destination, stores);
  const forward = resolution === "keep-source";
  const [kept, covered] = forward ? [source, destination] : [destination, source];
  if (kept === undefined) throw gone(key, stores);
  await copy(key, kept, covered, forward ? stores : reversed(stores));
  return {
    key,
    outcome: "resolved",
    resolution,
    wrote: writtenSide(resolution),
    ...(covered && { olderVersion: covered.versionId }),
  };
}

async function copy(
  key: string,
  kept: ObjectHead,
  covered: ObjectHead | undefined,
  stores: Stores,
): Promise<void> {
  const condition: WriteCondition = covered === undefined ? { absent: true } : { etag: covered.etag };
  const original = await openOriginal({ stores, key, retrying: atOnce }, kept.etag, naming(kept));
  try {
    await original.copy(condition);
  } finally {
    original.close();
  }
}

async function deleteStray(
  key: string,
  destination: ObjectHead | undefined,
  stores: Stores,
): Promise<Resolved> {
  if (destination === undefined) throw gone(key, stores);
  const { versionId } = destination;
  const placed = await placeDeleteMarker({ key, versionId }, stores);
  return placed.outcome === "failed"
    ? { key, outcome: "failed", reason: placed.reason }
    : { key, outcome: "resolved", resolution: "delete", wrote: "destination", olderVersion: versionId };
}

/** The same stores, for a copy in the other direction. */
function reversed(stores: Stores): Stores {
  const { source, destination, ids, versioned, confirm, now } = stores;
  return {
    ...stores,
    source: destination,
    destination: source,
    ids: { source: ids.destination, destination: ids.source },
    versioned: { source: versioned.destination, destination: versioned.source },
    probe: new DestinationProbe(source, confirm, now, true),
    journal: new UploadJournal(source, confirm),
  };
}

function howItStands(judged: { readonly outcome: string; readonly reason?: string }): string {
  if (judged.outcome === "unchanged") return "both sides are equal, or neither has it";
  if (judged.outcome === "copied") return "the next sync makes both sides equal";
  return `${judged.outcome}: ${judged.reason ?? "the next sync deals with it"}`;
}

function gone(key: string, { source }: Stores): StoreError {
  return new StoreError(`${key} is gone`, {
    kind: "not-found",
    operation: "HeadObject",
    bucket: source.bucket,
    key,
  });
}

/** Who resolves by hand sees what fails, and tries again. */
const atOnce: Retrying = (task) => task();
