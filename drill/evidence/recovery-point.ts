import { STORE_NAMES } from "../../contract/stores";
import { groupByKey, isPut, missingWrites } from "./missing-writes";
import type { Flip, RunHistory } from "./run-history";

/** What an unplanned failover put at risk. Seconds are of the real deployment. */
export interface RecoveryPointFigures {
  /** The reported bound: from the last sync point to the kill. Without a sync point, from the first write. */
  readonly seconds: number;
  /** Age, at the kill, of the oldest acknowledged write that the standby did not have; 0 if none, null if it was not looked at. */
  readonly exactSeconds: number | null;
  /** Keys whose last acknowledged write the standby did not have at the failover. */
  readonly objectsAtRisk: readonly string[];
  /** Keys whose last acknowledged value is in no store at the end; null while that is not known. */
  readonly objectsLost: readonly string[] | null;
}

/** Null when the log has no failover from a killed store. */
export function recoveryPointFigures(history: RunHistory): RecoveryPointFigures | null {
  const flip = history.failover;
  const lostAt = killTime(history, flip);
  if (flip === undefined || lostAt === undefined) return null;
  const exposed = exposedWrites(history, flip, lostAt);
  return {
    seconds: history.seconds(Math.max(0, lostAt - boundBegin(history, flip, lostAt))),
    exactSeconds: exposed === undefined ? null : history.seconds(exposed.oldestAgeMilliseconds),
    objectsAtRisk: exposed?.keys ?? [],
    objectsLost: lostKeys(history),
  };
}

function killTime(history: RunHistory, flip: Flip | undefined): number | undefined {
  const fault = flip && history.faultAt(flip.from, flip.at);
  return fault?.fault === "killed" ? fault.at : undefined;
}

function boundBegin(history: RunHistory, flip: Flip, lostAt: number): number {
  return history.syncPoint(flip.to, flip.at) ?? history.writesTo(flip.from)[0]?.at ?? lostAt;
}

function exposedWrites(history: RunHistory, flip: Flip, lostAt: number) {
  const survey = history.survey("standby-at-failover", flip.to);
  if (survey === undefined) return undefined;
  const missing = missingWrites(history, { source: flip.from, survey, acknowledgedBy: flip.at });
  const since = history.syncPoint(flip.to, flip.at) ?? Number.NEGATIVE_INFINITY;
  const named = history.namedExceptions(flip.to, { at: since, end: flip.at });
  const unnamed = missing.filter(({ key }) => !named.has(key));
  return {
    oldestAgeMilliseconds: unnamed.reduce((oldest, { end }) => Math.max(oldest, lostAt - end), 0),
    keys: sortedKeys([...missing.filter(isPut), ...unnamed]),
  };
}

function lostKeys(history: RunHistory): readonly string[] | null {
  const surveys = STORE_NAMES.flatMap((store) => history.survey("end", store) ?? []);
  if (surveys.length < STORE_NAMES.length) return null;
  const held = new Set(
    surveys.flatMap(({ objects }) =>
      objects.flatMap(({ key, versions }) => versions.map(({ etag }) => valueName(key, etag))),
    ),
  );
  const lasting = STORE_NAMES.flatMap((store) =>
    [...groupByKey(history.writesTo(store)).values()].flatMap(
      (writes) => writes.findLast(({ outcome }) => outcome === "acknowledged") ?? [],
    ),
  );
  return sortedKeys(lasting.filter((write) => isPut(write) && !held.has(valueName(write.key, write.etag))));
}

function valueName(key: string, etag: string | undefined): string {
  return `${etag ?? ""} ${key}`;
}

function sortedKeys(writes: readonly { readonly key: string }[]): readonly string[] {
  return [...new Set(writes.map(({ key }) => key))].sort();
}
