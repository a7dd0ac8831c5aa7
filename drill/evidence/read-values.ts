import { otherStore, STORE_NAMES, type StoreName } from "../../contract/stores";
import type { ReadDone, WriteDone } from "./events";
import { groupByKey, isPut } from "./missing-writes";
import type { RunHistory } from "./run-history";

/** Reads that were answered well, held against everything that was ever written. */
export interface JudgedReads {
  readonly looked: number;
  /** Answered with a value that nobody had sent by then. */
  readonly fromNowhere: readonly ReadDone[];
  /** Answered with a value older than what the store had to have: its own writes, and the other's before the sync point. */
  readonly stale: readonly ReadDone[];
}

/** The ETag of an object in parts; a replica of it may have another one. */
const IN_PARTS = /-/;

export function judgeReads(history: RunHistory): JudgedReads {
  const writes = groupByKey(
    STORE_NAMES.flatMap((store) => history.writesTo(store)).sort((left, right) => left.end - right.end),
  );
  const copied = firstCopies(history);
  const named = new Set(
    history.of("replication").flatMap(({ report }) => report.exceptions.map(({ key }) => key)),
  );
  const synced = { primary: syncSteps(history, "primary"), secondary: syncSteps(history, "secondary") };
  const fromNowhere: ReadDone[] = [];
  const stale: ReadDone[] = [];
  let looked = 0;
  for (const read of history.of("read")) {
    const { key, etag, store } = read;
    if (read.outcome !== "ok" || etag === undefined || store === undefined) continue;
    looked += 1;
    const ofKey = writes.get(key) ?? [];
    const sent = ofKey.filter((write) => isPut(write) && write.at <= read.end);
    const values = sent.filter((write) => write.etag === etag);
    const isReplica = (copied.get(`${etag} ${key}`) ?? read.end) < read.end || IN_PARTS.test(etag);
    if (values.length === 0) {
      const perhaps = sent.some((write) => write.etag === undefined);
      if (!isReplica && !perhaps) fromNowhere.push(read);
      continue;
    }
    const due = latestDue(ofKey, read.at, store, synced[store]);
    if (due !== undefined && !named.has(key) && values.every(({ end }) => end < due.at)) stale.push(read);
  }
  return { looked, fromNowhere, stale };
}

/** When each value was first being copied. */
function firstCopies(history: RunHistory): ReadonlyMap<string, number> {
  const first = new Map<string, number>();
  for (const { at, record } of history.of("copy")) {
    const value = `${record.etag} ${record.key}`;
    // The function's clock may be wrong on purpose; its line is never early.
    if (!first.has(value)) first.set(value, Math.min(at, history.moment(record.startedAt)));
  }
  return first;
}

interface SyncStep {
  readonly reportedAt: number;
  readonly syncPoint: number;
}

/** The latest acknowledged write that an answer of the store had to know of. */
function latestDue(
  ofKey: readonly WriteDone[],
  at: number,
  store: StoreName,
  steps: readonly SyncStep[],
): WriteDone | undefined {
  const syncPoint =
    steps.findLast(({ reportedAt }) => reportedAt <= at)?.syncPoint ?? Number.NEGATIVE_INFINITY;
  return ofKey.findLast(
    (write) => write.outcome === "acknowledged" && write.end <= (write.store === store ? at : syncPoint),
  );
}

/** The latest sync point into the store, from each report on. */
function syncSteps(history: RunHistory, destination: StoreName): readonly SyncStep[] {
  let latest = Number.NEGATIVE_INFINITY;
  return history
    .of("replication")
    .filter(({ report }) => report.destination === destination && report.syncPoint !== undefined)
    .sort((left, right) => left.end - right.end)
    .map(({ end, report }) => {
      latest = Math.max(latest, history.syncPointOf(report.syncPoint ?? "", end, otherStore(destination)));
      return { reportedAt: end, syncPoint: latest };
    });
}
