import { EPOCH_KEY } from "../../contract/state-keys";
import { isStoreName, STORE_NAMES, type StoreName } from "../../contract/stores";
import type { ObjectClient } from "../s3/object-client";
import { DirectionLostError } from "./direction-guard";
import { readState, type StateObject, writeState } from "./state-object";

/** The epoch journal: counts the changes of the active store. */
export interface Epoch {
  readonly epoch: number;
  readonly active: StoreName;
  /** ISO 8601, the clock of whoever wrote it; for people, never for a decision. */
  readonly since: string;
  /** Who noticed the change. */
  readonly by: string;
  /** The identities of the two stores that this history is about. */
  readonly stores: Readonly<Record<StoreName, string>>;
}

/** One of the stores is not the one that the journal is about. */
export class StoreReplacedError extends Error {
  public override readonly name = "StoreReplacedError";
}

export interface EpochQuestion {
  readonly active: StoreName;
  readonly stores: Readonly<Record<StoreName, string>>;
  readonly now: Date;
  readonly by: string;
}

/**
 * The journal as it must read: the highest epoch known, or the next one if another store is active now.
 *
 * @throws StoreReplacedError when a journal is about other stores: one was restored or replaced behind our back
 */
export function currentEpoch(journals: readonly (Epoch | undefined)[], question: EpochQuestion): Epoch {
  const known = journals.filter((journal) => journal !== undefined);
  for (const journal of known) refuseOtherStores(journal, question);
  const epoch = Math.max(0, ...known.map((journal) => journal.epoch));
  const latest = known.filter((journal) => journal.epoch === epoch);
  const [first] = latest;
  // Two runners that saw different markers may have written the same epoch to one store each: count on.
  if (first !== undefined && latest.every((journal) => journal.active === question.active)) return first;
  return {
    epoch: epoch + 1,
    active: question.active,
    since: question.now.toISOString(),
    by: question.by,
    stores: question.stores,
  };
}

/** Reads both journals and writes the current epoch where it is missing. */
export async function settleEpoch(
  clients: Readonly<Record<StoreName, ObjectClient>>,
  question: EpochQuestion,
  confirm: () => Promise<void>,
): Promise<Epoch> {
  for (;;) {
    const read = (name: StoreName) => readState(clients[name], EPOCH_KEY, parseEpoch);
    const [primary, secondary] = await Promise.all([read("primary"), read("secondary")]);
    const journals = { primary, secondary };
    const current = currentEpoch([primary?.value, secondary?.value], question);
    const stale = STORE_NAMES.filter((name) => journals[name]?.value.epoch !== current.epoch);
    if (stale.length === 0) return current;
    await confirm();
    const written = await Promise.all(
      stale.map((name) => writeEpoch(clients[name], current, journals[name])),
    );
    if (written.every(Boolean)) return current;
    // Somebody else wrote at the same moment: look at what they wrote.
  }
}

/**
 * Writes the next epoch to whichever store answers, if another store is active than its journal says. For when
 * they do not both answer: a flip that nobody noted would leave no trace once it is undone.
 */
export async function noteFlip(
  clients: Readonly<Record<StoreName, ObjectClient>>,
  question: FlipNote,
  confirm: () => Promise<void>,
): Promise<void> {
  await Promise.allSettled(STORE_NAMES.map((name) => noteFlipOn(clients[name], question, confirm)));
}

/** What a journal is told of a flip; the stores are those that it is about already. */
export type FlipNote = Omit<EpochQuestion, "stores">;

/**
 * The same on one store.
 *
 * @returns the journal as it reads now; undefined before the first run
 * @throws StoreError, StateMalformedError; whatever `confirm` throws
 */
export async function noteFlipOn(
  client: ObjectClient,
  question: FlipNote,
  confirm: () => Promise<void>,
): Promise<Epoch | undefined> {
  const seen = await readState(client, EPOCH_KEY, parseEpoch);
  if (seen === undefined || seen.value.active === question.active) return seen?.value;
  await confirm();
  const { stores } = seen.value;
  const next = currentEpoch([seen.value], { ...question, stores });
  // Whoever wrote first has noted what they saw, and the next run settles it.
  return (await writeEpoch(client, next, seen)) ? next : readEpoch(client);
}

/** @throws DirectionLostError when another epoch has begun: the active store changed, if only for a while */
export async function refuseLaterEpoch(
  clients: Readonly<Record<StoreName, ObjectClient>>,
  { epoch }: Epoch,
): Promise<void> {
  for (const name of STORE_NAMES) {
    const journal = await readState(clients[name], EPOCH_KEY, parseEpoch);
    if (journal?.value.epoch === epoch) continue;
    throw new DirectionLostError(
      `epoch ${journal?.value.epoch ?? "none"} began during the run, which is about epoch ${epoch}`,
    );
  }
}

/** The journal that this store holds. */
export async function readEpoch(client: ObjectClient): Promise<Epoch | undefined> {
  return (await readState(client, EPOCH_KEY, parseEpoch))?.value;
}

async function writeEpoch(
  client: ObjectClient,
  epoch: Epoch,
  seen: StateObject<Epoch> | undefined,
): Promise<boolean> {
  return (await writeState(client, EPOCH_KEY, epoch, seen)) !== undefined;
}

function refuseOtherStores(journal: Epoch, question: EpochQuestion): void {
  for (const name of STORE_NAMES) {
    if (journal.stores[name] === question.stores[name]) continue;
    throw new StoreReplacedError(
      `the ${name} store is "${question.stores[name]}", but the journal is about "${journal.stores[name]}": it was replaced or ` +
        `restored. If that was meant, delete ${EPOCH_KEY} from both stores`,
    );
  }
}

function parseEpoch(json: unknown): Epoch | undefined {
  if (typeof json !== "object" || json === null) return undefined;
  const { epoch, active, since, by, stores } = json as Partial<Epoch>;
  if (typeof epoch !== "number" || !Number.isSafeInteger(epoch) || epoch < 1 || !isStoreName(active))
    return undefined;
  if (typeof since !== "string" || typeof by !== "string") return undefined;
  if (typeof stores?.primary !== "string" || typeof stores.secondary !== "string") return undefined;
  return { epoch, active, since, by, stores: { primary: stores.primary, secondary: stores.secondary } };
}
