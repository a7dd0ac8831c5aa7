import { PROGRESS_KEY } from "../../contract/state-keys";
import { otherStore, type StoreName } from "../../contract/stores";
import { readEpoch } from "../../lambda/replicator/epoch";
import { openOf, readProgress } from "../../lambda/replicator/progress";
import type { ObjectClient } from "../../lambda/s3/object-client";
import { StoreError } from "../../lambda/s3/store-error";
import type { StandbyNotes } from "../observation";
import { NotAskedError } from "./ask";

/**
 * What replication left on the standby. Everything is read from this one store, its clock included.
 *
 * @param store - the one that is the standby now
 * @throws StoreError, StateMalformedError; NotAskedError before the first run
 */
export async function standbyNotes(client: ObjectClient, store: StoreName): Promise<StandbyNotes> {
  const [journal, saved, serverDate, versioned] = await Promise.all([
    readEpoch(client),
    readProgress(client),
    clockOf(client),
    isVersioned(client),
  ]);
  if (journal === undefined) {
    throw new NotAskedError(`no run has left a note on the ${store} store yet`);
  }
  const { epoch, active, since } = journal;
  const notes: StandbyNotes = { store, epoch, active, activeSince: since, versioned };
  const progress = saved?.value;
  // Of another epoch it tells about another direction, or about before the flip.
  if (progress?.epoch !== epoch || active !== otherStore(store)) return notes;
  const { syncPoint, lastRun } = progress;
  return {
    ...notes,
    ...(syncPoint !== undefined && {
      syncPoint,
      lagSeconds: Math.max(0, (serverDate.getTime() - Date.parse(syncPoint)) / 1000),
    }),
    ...(lastRun && { lastRun: { endedAt: lastRun.endedAt, outcome: lastRun.outcome, ...openOf(lastRun) } }),
  };
}

/** By a listing of next to nothing: what a store answers carries its `Date`. */
async function clockOf(client: ObjectClient): Promise<Date> {
  const { serverDate } = await client.list({ prefix: PROGRESS_KEY, limit: 1 });
  return serverDate;
}

/** Whoever may read notes need not be allowed to read the bucket's settings; a store that is gone fails the rest too. */
async function isVersioned(client: ObjectClient): Promise<boolean | undefined> {
  try {
    return (await client.versioning()) === "enabled";
  } catch (error) {
    if (error instanceof StoreError) return undefined;
    throw error;
  }
}
