import { STORE_NAMES } from "../../contract/stores";
import type { StoreSurveyed } from "./events";
import { isLoss } from "./fault-spans";
import type { Flip } from "./flips";
import { groupByKey, isPut, missingWrites } from "./missing-writes";
import type { RunHistory } from "./run-history";

/** What an unplanned flip put at risk. Seconds are of the real deployment. */
export interface Exposure {
  /** The bound: from the last sync point to the loss of the store, or to its last write. Without a sync point, from the first write. */
  readonly seconds: number;
  /** Age, then, of the oldest acknowledged write that the standby did not have; 0 if none, null if it was not looked at. */
  readonly exactSeconds: number | null;
  /** What the operator's command said beforehand; null when there was none, or it said nothing. */
  readonly announcedSeconds: number | null;
  /** Whether all that was missing and acknowledged before the flip is within what the operator was told; null without either. */
  readonly announcedCovers: boolean | null;
  /** Keys whose last acknowledged write the standby did not have. */
  readonly objectsAtRisk: readonly string[];
}

/** The exposure of the run's first unplanned flip, and what became of it. */
export interface RecoveryPointFigures extends Exposure {
  /** Keys whose last acknowledged value is in no store at the end; null while that is not known. */
  readonly objectsLost: readonly string[] | null;
}

/** Null when the log has no unplanned flip. */
export function recoveryPointFigures(history: RunHistory): RecoveryPointFigures | null {
  const flip = history.flips.find(({ pausedAt }) => pausedAt === undefined);
  return flip === undefined ? null : { ...exposureOf(history, flip), objectsLost: lostKeys(history) };
}

export function exposureOf(history: RunHistory, flip: Flip): Exposure {
  const lostAt = lossTime(history, flip);
  const bound = history.syncPoint(flip.to, flip.at) ?? history.writesTo(flip.from)[0]?.at ?? lostAt;
  const exposed = exposedWrites(history, flip, lostAt);
  return {
    seconds: history.seconds(Math.max(0, lostAt - bound)),
    exactSeconds: exposed === undefined ? null : history.seconds(exposed.oldestAgeMilliseconds),
    announcedSeconds: flip.command?.exposureSeconds ?? null,
    announcedCovers: exposed === undefined ? null : covers(history, flip, exposed.oldestEnd),
    objectsAtRisk: exposed?.keys ?? [],
  };
}

/** When the store that was left could be written no more: it broke, or nobody wrote to it any longer. */
function lossTime(history: RunHistory, { at, from }: Flip): number {
  const fault = history.faultAt(from, at);
  if (fault !== undefined && isLoss(fault)) return fault.at;
  const last = history
    .writesTo(from)
    .findLast(
      ({ outcome, end }) => outcome === "acknowledged" && end >= at && end <= at + history.fenceMilliseconds,
    );
  return last?.end ?? at;
}

function exposedWrites(history: RunHistory, flip: Flip, lostAt: number) {
  const survey = surveyBeforeUse(history, flip);
  if (survey === undefined) return undefined;
  const missing = missingWrites(history, {
    source: flip.from,
    survey,
    acknowledgedBy: Math.max(lostAt, flip.at),
  });
  const since = history.syncPoint(flip.to, flip.at) ?? Number.NEGATIVE_INFINITY;
  const named = history.namedExceptions(flip.to, { at: since, end: flip.at });
  const unnamed = missing.filter(({ key }) => !named.has(key));
  return {
    oldestAgeMilliseconds: unnamed.reduce((oldest, { end }) => Math.max(oldest, lostAt - end), 0),
    oldestEnd: unnamed.reduce((oldest, { end }) => Math.min(oldest, end), Number.POSITIVE_INFINITY),
    keys: sortedKeys([...missing.filter(isPut), ...unnamed]),
  };
}

/** The command says how far back from its end writes may be lost. */
function covers(history: RunHistory, { command }: Flip, oldestEnd: number): boolean | null {
  if (command?.exposureSeconds === undefined) return null;
  return oldestEnd >= command.end - (command.exposureSeconds * 1000) / history.start.speed;
}

/** The last survey of the store that became active before a writer used it, and after the last run of replication into it. */
function surveyBeforeUse(history: RunHistory, { at, to, from }: Flip): StoreSurveyed | undefined {
  const previous = history.flips.findLast((flip) => flip.at < at)?.at ?? Number.NEGATIVE_INFINITY;
  const used =
    history.of("write").find((write) => write.at > at && write.store === to)?.at ?? Number.POSITIVE_INFINITY;
  const lost = history.faultAt(from, at)?.at ?? at;
  return history
    .of("survey")
    .findLast(
      (survey) => survey.store === to && survey.at > previous && survey.at >= lost && survey.at <= used,
    );
}

/** Keys whose last acknowledged value is in no store at the end; null unless both were surveyed then. */
export function lostKeys(history: RunHistory): readonly string[] | null {
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
