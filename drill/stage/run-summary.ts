import type { RunReport } from "../../lambda/replicator/report";
import { grouped } from "../report/wording";

/** What a run of the replicator came to, in one line. */
export function runSummary({ copied, removed, exceptionCounts, syncPoint }: RunReport): string {
  const named = Object.entries(exceptionCounts).filter(([, keys]) => keys > 0);
  const exceptions = named.map(([kind, keys]) => `${grouped(keys)} ${kind}`);
  const deletions = removed === 0 ? [] : [`${grouped(removed)} removed`];
  const time = syncPoint === undefined ? [] : [`sync point ${syncPoint.slice(11, 19)}`];
  return [`${grouped(copied)} copied`, ...deletions, ...exceptions, ...time].join(", ");
}
