import type { RunReport } from "../../lambda/replicator/report";
import type { Range } from "../evidence/events";

/** A duration of the real deployment: `74 s`, `4.5 s`, `2.1 min`. */
export function duration(seconds: number): string {
  if (seconds >= 100) return `${(seconds / 60).toFixed(1)} min`;
  return seconds < 10 ? `${seconds.toFixed(1)} s` : `${seconds.toFixed(0)} s`;
}

export function range({ best, worst }: Range): string {
  return `${best.toFixed(0)}–${worst.toFixed(0)} s`;
}

export function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(bytes < 1e7 ? 1 : 0)} MB`;
}

export function count(number: number): string {
  return number.toLocaleString("en-US");
}

/** What a run of the replicator came to, in one line. */
export function runSummary({ copied, exceptionCounts, syncPoint }: RunReport): string {
  const named = Object.entries(exceptionCounts).filter(([, keys]) => keys > 0);
  const exceptions = named.map(([kind, keys]) => `${count(keys)} ${kind}`);
  const time = syncPoint === undefined ? [] : [`sync point ${syncPoint.slice(11, 19)}`];
  return [`${count(copied)} copied`, ...exceptions, ...time].join(", ");
}
