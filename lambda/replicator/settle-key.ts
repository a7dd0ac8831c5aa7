import type { ObjectClient, ObjectContent, WriteCondition } from "../s3/object-client";
import { StoreError } from "../s3/store-error";
import { type Copied, copyObject, UnsupportedObjectError } from "./copy-object";
import type { DestinationProbe } from "./destination-probe";
import { deletedReplicaOf, heldReplicaOf } from "./lineage";
import type { ExceptionKind } from "./report";
import {
  decideAbsentOnDestination,
  decideAbsentOnSource,
  decideBoth,
  type Glance,
  type LeaveAlone,
  type StoreIds,
} from "./rules";

export interface Stores {
  readonly source: ObjectClient;
  readonly destination: ObjectClient;
  readonly ids: StoreIds;
  /** Whether the destination was ever active: only then can its users have deleted a replica. */
  readonly destinationWasActive: boolean;
  /** Resolves when a mutation may start or be completed now. */
  readonly confirm: () => Promise<void>;
  readonly probe: DestinationProbe;
}

/** Repeats a request that may succeed when it is tried again. */
export type Retrying = <T>(task: () => Promise<T>) => Promise<T>;

export type Settled =
  | { readonly outcome: "unchanged" }
  | { readonly outcome: "copied"; readonly copied: Copied }
  | { readonly outcome: ExceptionKind; readonly reason: string };

/** A key that changes this often while one run looks at it is left to the next run. */
const MOST_LOOKS = 3;

/** Makes one key equal, or says why not. A destination that changed since it was seen is looked at again. */
export async function settleKey(
  key: string,
  seen: Glance,
  stores: Stores,
  retrying: Retrying,
): Promise<Settled> {
  let now = seen;
  for (let looks = 1; looks <= MOST_LOOKS; looks += 1) {
    try {
      return now === "absent-on-destination"
        ? await retrying(() => settleAbsent(key, stores))
        : await settleSeen(key, stores, retrying);
    } catch (error) {
      if (error instanceof UnsupportedObjectError) return { outcome: "unsupported", reason: error.message };
      if (!(error instanceof StoreError)) throw error;
      if (error.kind !== "precondition-failed" && error.kind !== "not-found") {
        return { outcome: "failed", reason: error.message };
      }
      now = "compare";
    }
  }
  return { outcome: "failed", reason: `changed ${MOST_LOOKS} times while it was looked at` };
}

/** Two requests for the common case: what was listed on the source only is read and put. */
async function settleAbsent(key: string, stores: Stores): Promise<Settled> {
  const content = await stores.source.get(key);
  const original = { storeId: stores.ids.source, head: content };
  try {
    const decision = await decideAbsentOnDestination(
      key,
      content,
      stores.ids,
      async () => stores.destinationWasActive && (await deletedReplicaOf(stores.destination, key, original)),
    );
    return decision.action === "copy"
      ? await copy(key, content, decision.condition, stores)
      : settled(decision);
  } finally {
    content.body.destroy();
  }
}

async function settleSeen(key: string, stores: Stores, retrying: Retrying): Promise<Settled> {
  const { source, destination, ids } = stores;
  const [original, counterpart] = await retrying(() =>
    Promise.all([source.head(key), destination.head(key)]),
  );
  if (original === undefined)
    return counterpart === undefined ? { outcome: "unchanged" } : settled(decideAbsentOnSource());
  if (counterpart === undefined) return retrying(() => settleAbsent(key, stores));
  const decision = await retrying(() =>
    decideBoth({ key, source: original, destination: counterpart }, ids, () =>
      heldReplicaOf(source, key, { storeId: ids.destination, head: counterpart }),
    ),
  );
  if (decision.action !== "copy") return settled(decision);
  return retrying(async () => {
    const content = await source.get(key, { versionId: original.versionId });
    return copy(key, content, decision.condition, stores);
  });
}

async function copy(
  key: string,
  content: ObjectContent,
  condition: WriteCondition,
  stores: Stores,
): Promise<Settled> {
  const { source, destination, confirm, probe } = stores;
  const request = { source, destination, sourceId: stores.ids.source, key, condition, confirm, probe };
  return { outcome: "copied", copied: await copyObject(request, content) };
}

function settled(decision: LeaveAlone): Settled {
  return decision.action === "skip"
    ? { outcome: "unchanged" }
    : { outcome: decision.kind, reason: decision.reason };
}
