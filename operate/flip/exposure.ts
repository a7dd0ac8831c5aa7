import { EXCEPTION_KINDS, type ExceptionKind } from "../../lambda/replicator/report";
import { isKnown, type Known } from "../known";
import type { StandbyNotes } from "../observation";

/** What of the acknowledged writes the standby may lack now. */
export interface Exposure {
  /** ISO 8601: everything written before is there, the keys below aside. Unknown where nothing says so. */
  readonly since: Known<string>;
  /** Seconds from then to now. */
  readonly seconds?: number;
  /** Keys that the last run could not make equal, by kind; empty where it left no note. */
  readonly keys: Readonly<Partial<Record<ExceptionKind, number>>>;
  /** Keys beside those whose kind is not told. */
  readonly unclassified: number;
}

export function exposureOf(standby: Known<StandbyNotes>): Exposure {
  if (!isKnown(standby)) return { since: standby, keys: {}, unclassified: 0 };
  const { syncPoint, lagSeconds, lastRun } = standby.value;
  const keys = EXCEPTION_KINDS.flatMap((kind) => {
    const count = lastRun?.exceptionCounts[kind] ?? 0;
    return count > 0 ? [[kind, count] as const] : [];
  });
  return {
    since: syncPoint === undefined ? { unknown: "no whole pass has ended yet" } : { value: syncPoint },
    ...(lagSeconds !== undefined && { seconds: lagSeconds }),
    keys: Object.fromEntries(keys),
    unclassified: lastRun?.unclassified ?? 0,
  };
}

/** As in `2 conflict, 1 stray`; empty for none. */
export function keysInWords({ keys, unclassified }: Pick<Exposure, "keys" | "unclassified">): string {
  const told = EXCEPTION_KINDS.flatMap((kind) => (keys[kind] ? [`${keys[kind]} ${kind}`] : []));
  return [...told, ...(unclassified > 0 ? [`${unclassified} of unknown kind`] : [])].join(", ");
}
