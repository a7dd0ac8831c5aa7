import { naming } from "../../lambda/replicator/naming";
import { openOriginal } from "../../lambda/replicator/open-original";
import { commonStores } from "../../lambda/replicator/replication";
import type { ExceptionKind } from "../../lambda/replicator/report";
import type { Retrying } from "../../lambda/replicator/retry";
import { isKept, type Stores } from "../../lambda/replicator/settle-key";
import { UnsupportedObjectError } from "../../lambda/replicator/unsupported-object";
import type { ObjectHead, WriteCondition } from "../../lambda/s3/object-client";
import { StoreError } from "../../lambda/s3/store-error";
import { judgeKey } from "./judge-key";
import type { SideName } from "./open-exception";
import { CHANGED, placeDeletion } from "./place-deletion";

/**
 * What a person decided about a key.
 *
 * - `keep-source`: the destination gets a replica of the source's object, also where it was deleted there.
 * - `keep-destination`: the source gets a replica of the destination's object; where that was deleted, a delete marker.
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
      readonly placed: "replica" | "delete-marker";
      /** What was there, and remains below. */
      readonly olderVersion?: string;
    }
  /** There is nothing to decide about this key; `reason` says how it stands. */
  | { readonly key: string; readonly outcome: "not-open"; readonly reason: string }
  | { readonly key: string; readonly outcome: "failed"; readonly reason: string };

/** What each resolution is an answer to. */
export const ANSWERS: Readonly<Record<Resolution, readonly ExceptionKind[]>> = {
  "keep-source": ["conflict", "late", "deleted"],
  "keep-destination": ["conflict", "late", "deleted"],
  restore: ["stray"],
  delete: ["stray"],
};

/** The side that a resolution writes into. */
export function writtenSide(resolution: Resolution): SideName {
  return resolution === "keep-source" || resolution === "delete" ? "destination" : "source";
}

/** Whether a resolution deletes a key of this kind. */
export function isDeletion(resolution: Resolution, kind: string): boolean {
  return resolution === "delete" || (resolution === "keep-destination" && kind === "deleted");
}

/**
 * Does what was decided, if the key is still open. A write is conditional on what was seen, and a delete marker
 * stands on what was seen, or is taken back. What either covers remains as an older version.
 */
export async function resolveKey(key: string, resolution: Resolution, stores: Stores): Promise<Resolved> {
  try {
    return await attempt(key, resolution, stores);
  } catch (error) {
    if (error instanceof UnsupportedObjectError) return failed(key, error.message);
    if (!(error instanceof StoreError)) throw error;
    const changed = error.kind === "precondition-failed" || error.kind === "not-found";
    return failed(key, changed ? CHANGED : error.message);
  }
}

async function attempt(key: string, resolution: Resolution, stores: Stores): Promise<Resolved> {
  // Seen first and judged after: if it changes in between, the conditional write is refused.
  const [source, destination] = await Promise.all([stores.source.head(key), stores.destination.head(key)]);
  const judged = await judgeKey(key, stores);
  if (!ANSWERS[resolution].some((kind) => kind === judged.outcome)) {
    return { key, outcome: "not-open", reason: howItStands(judged) };
  }
  const wrote = writtenSide(resolution);
  const forward = wrote === "destination";
  const [kept, covered] = forward ? [source, destination] : [destination, source];
  const towards = forward ? stores : reversed(stores);
  if (covered && !isKept(key, covered, towards)) {
    return failed(key, `the ${wrote} keeps no versions of it, so what is there now would be lost`);
  }
  const deletes = isDeletion(resolution, judged.outcome);
  if (deletes) {
    if (covered === undefined) return failed(key, CHANGED);
    const refusal = await placeDeletion({ key, versionId: covered.versionId }, towards);
    if (refusal !== undefined) return failed(key, refusal);
  } else {
    if (kept === undefined) return failed(key, CHANGED);
    await copy(key, kept, covered, towards);
  }
  return {
    key,
    outcome: "resolved",
    resolution,
    wrote,
    placed: deletes ? "delete-marker" : "replica",
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

/** The same stores, for a copy or a deletion in the other direction. */
function reversed(stores: Stores): Stores {
  const { source, destination, ids, versioned, countsTags, confirm, now, dryRun } = stores;
  return {
    ...stores,
    ...commonStores({ source: destination, destination: source, confirm, now, dryRun }),
    ids: { source: ids.destination, destination: ids.source },
    versioned: { source: versioned.destination, destination: versioned.source },
    countsTags: { source: countsTags.destination, destination: countsTags.source },
  };
}

function howItStands(judged: { readonly outcome: string; readonly reason?: string }): string {
  if (judged.outcome === "unchanged") return "both sides are equal, or neither has it";
  if (judged.outcome === "copied") return "the next sync makes both sides equal";
  return `${judged.outcome}: ${judged.reason ?? "the next sync deals with it"}`;
}

function failed(key: string, reason: string): Resolved {
  return { key, outcome: "failed", reason };
}

/** Who resolves by hand sees what fails, and tries again. */
const atOnce: Retrying = (task) => task();
