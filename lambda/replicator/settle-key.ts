import { STORE_IDENTITY_KEY } from "../../contract/state-keys";
import type { ObjectHead, PutResult, ReadRequest, WriteCondition } from "../s3/object-client";
import { StoreError } from "../s3/store-error";
import type { CopyStores } from "./copy-object";
import type { Pair } from "./diff";
import type { Relatives } from "./family";
import { deletedReplicaOf, deletionIsProven, heldReplicaOf, isRestored } from "./lineage";
import { naming } from "./naming";
import { type CopySubject, lookAtOriginal, type OpenedOriginal, openOriginal } from "./open-original";
import type { ProvenDeletion } from "./place-delete-marker";
import type { ExceptionKind } from "./report";
import type { Retrying } from "./retry";
import { type Both, decideAbsentOnDestination, decideBoth, type Glance, type LeaveAlone } from "./rules";
import { sameTags } from "./same-tags";
import { UnsupportedObjectError } from "./unsupported-object";

export interface Stores extends CopyStores {
  /** Whether the destination was ever active: only then can its users have deleted or restored a replica. */
  readonly destinationWasActive: boolean;
  /** Which of the two keep versions. */
  readonly versioned: { readonly source: boolean; readonly destination: boolean };
  /** Decide, and change nothing. */
  readonly dryRun: boolean;
}

/** A key to look at, with what is known of it. */
export interface Subject extends Pair {
  readonly seen: Glance;
  readonly relatives: Relatives;
}

export type Settled =
  | { readonly outcome: "unchanged" }
  /** `size` in bytes; no `replica` where nothing was to be changed. */
  | { readonly outcome: "copied"; readonly size: number; readonly replica?: PutResult }
  | { readonly outcome: "removed" }
  | { readonly outcome: ExceptionKind; readonly reason: string };

/** The source deleted it; whether the destination may follow is decided when all such keys are known. */
export interface ToBeRemoved {
  readonly outcome: "to-be-removed";
  readonly deletion: ProvenDeletion;
}

/** A key that changes this often while one run looks at it is left to the next run. */
const MOST_LOOKS = 3;

const ARCHIVED =
  "its storage class is an archive, from which it cannot be read; restore it, and the next run copies it";

/** Makes one key equal, or says why not. A destination that changed since it was seen is looked at again. */
export async function settleKey(
  subject: Subject,
  stores: Stores,
  retrying: Retrying,
): Promise<Settled | ToBeRemoved> {
  let { seen } = subject;
  for (let looks = 1; looks <= MOST_LOOKS; looks += 1) {
    try {
      return seen === "absent-on-destination"
        ? await retrying(() => settleAbsent(subject, stores, retrying))
        : await settleSeen(subject, stores, retrying);
    } catch (error) {
      if (error instanceof UnsupportedObjectError) return { outcome: "unsupported", reason: error.message };
      if (!(error instanceof StoreError)) throw error;
      if (error.kind === "archived") return { outcome: "unsupported", reason: ARCHIVED };
      if (error.kind !== "precondition-failed" && error.kind !== "not-found") {
        return { outcome: "failed", reason: error.message };
      }
      seen = "compare";
    }
  }
  return { outcome: "failed", reason: `changed ${MOST_LOOKS} times while it was looked at` };
}

/** Two requests for the common case: what was listed on the source only is read and put. */
async function settleAbsent(
  { key, source, relatives }: Subject,
  stores: Stores,
  retrying: Retrying,
): Promise<Settled> {
  const refusal = (await stores.probe.refusal(key)) ?? (await relatives());
  if (refusal !== undefined) return { outcome: "unsupported", reason: refusal };
  const original = await open({ stores, key, retrying }, source?.etag ?? "", {});
  const { head } = original;
  try {
    const decision = await decideAbsentOnDestination(key, head, stores.ids, {
      restored: () => isRestored(stores.source, key, head),
      deletedThere: async () =>
        stores.destinationWasActive &&
        (await deletedReplicaOf(stores.destination, key, { storeId: stores.ids.source, head })),
    });
    return decision.action === "copy"
      ? await copy(original, decision.condition, stores, source?.size)
      : settled(decision);
  } finally {
    original.close();
  }
}

async function settleSeen(
  subject: Subject,
  stores: Stores,
  retrying: Retrying,
): Promise<Settled | ToBeRemoved> {
  const { key } = subject;
  const { source, destination } = stores;
  // In this order: then the source's object is no older than the one that the destination's is a replica of.
  const counterpart = await retrying(() => destination.head(key));
  const original = await retrying(() => source.head(key));
  if (original === undefined && counterpart === undefined) return { outcome: "unchanged" };
  if (original === undefined) return retrying(() => settleStray(key, counterpart, stores));
  if (counterpart === undefined) {
    return retrying(() => settleAbsent({ ...subject, source: { key, ...original } }, stores, retrying));
  }
  const both = { key, source: original, destination: counterpart };
  const decision = await retrying(() => decideBoth(both, stores.ids, historyOf(both, stores)));
  if (decision.action !== "copy") return settled(decision);
  return retrying(async () => {
    const opened = await open({ stores, key, retrying }, original.etag, naming(original));
    try {
      return await copy(opened, decision.condition, stores, original.size);
    } finally {
      opened.close();
    }
  });
}

function historyOf(both: Both, stores: Stores) {
  const { key, source: original, destination: counterpart } = both;
  const { source, destination, ids, destinationWasActive } = stores;
  return {
    // Where the older version would not remain, only what is known to be a replica is overwritten.
    descends: async () =>
      isKept(key, counterpart, stores) &&
      heldReplicaOf(source, key, { storeId: ids.destination, head: counterpart }),
    restored: async () => destinationWasActive && isRestored(destination, key, counterpart),
    adoptable: async () => {
      if (destinationWasActive || !isKept(key, counterpart, stores)) return false;
      // By one store's clock: younger ones were written by a client that should not have.
      const identity = await destination.head(STORE_IDENTITY_KEY);
      if (identity === undefined || counterpart.lastModified >= identity.lastModified) return false;
      const [wanted, found] = await Promise.all([
        source.tags(key, naming(original)),
        destination.tags(key, naming(counterpart)),
      ]);
      return Object.keys(found).length === 0 || sameTags(wanted, found);
    },
  };
}

/**
 * Whether this object would remain below what is put over it. Beside stores without versions there are keys without: MinIO
 * keeps none of a directory marker `folder/`, though its bucket is versioned.
 */
export function isKept(key: string, { versionId }: ObjectHead, { versioned }: Stores): boolean {
  return versioned.destination && !(versionId === "null" && key.endsWith("/"));
}

/** Absence never proves a deletion: only the source's version stack does. */
async function settleStray(
  key: string,
  counterpart: ObjectHead | undefined,
  stores: Stores,
): Promise<Settled | ToBeRemoved> {
  if (counterpart === undefined) return { outcome: "unchanged" };
  const { versioned, probe } = stores;
  const refusal = await probe.refusal(key);
  if (refusal !== undefined) return { outcome: "unsupported", reason: refusal };
  const isProven = versioned.source && (await deletionIsProven(stores, key, counterpart));
  if (!isProven) {
    return { outcome: "stray", reason: "only on the destination; nothing proves that the source deleted it" };
  }
  if (!isKept(key, counterpart, stores)) {
    return { outcome: "stray", reason: "deleted on the source; the destination keeps no versions of it" };
  }
  return { outcome: "to-be-removed", deletion: { key, versionId: counterpart.versionId } };
}

function open(subject: CopySubject<Stores>, etag: string, request: ReadRequest): Promise<OpenedOriginal> {
  return subject.stores.dryRun ? lookAtOriginal(subject, request) : openOriginal(subject, etag, request);
}

async function copy(
  original: OpenedOriginal,
  condition: WriteCondition,
  { dryRun }: Stores,
  listedSize: number | undefined,
): Promise<Settled> {
  if (dryRun) return { outcome: "copied", size: listedSize ?? original.head.size };
  const { size, replica } = await original.copy(condition);
  return { outcome: "copied", size, replica };
}

function settled(decision: LeaveAlone): Settled {
  return decision.action === "skip"
    ? { outcome: "unchanged" }
    : { outcome: decision.kind, reason: decision.reason };
}
