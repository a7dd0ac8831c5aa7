import { otherStore } from "../../contract/stores";
import type { RunHistory } from "./run-history";

/** Now less the sync point, in seconds of the real deployment; null where there is none to measure from. */
export interface LagPoint {
  /** Seconds of the real deployment since the run began. */
  readonly at: number;
  readonly lag: number | null;
}

/** A saw: it grows with time, and falls when a run reports a later sync point. A flip voids it. */
export function lagPoints(history: RunHistory): readonly LagPoint[] {
  const point = (at: number, syncPoint: number | undefined): LagPoint => ({
    at: history.seconds(at),
    lag: syncPoint === undefined ? null : history.seconds(Math.max(0, at - syncPoint)),
  });
  const steps: LagPoint[] = [];
  let flipped = Number.NEGATIVE_INFINITY;
  let syncPoint: number | undefined;
  const changes = [
    ...history.flips.map(({ at }) => ({ at, began: at, report: undefined })),
    ...history.of("replication").map(({ end, at, report }) => ({ at: end, began: at, report })),
  ].sort((left, right) => left.at - right.at);
  for (const { at, began, report } of changes) {
    steps.push(point(at, syncPoint));
    if (report === undefined) {
      flipped = at;
      syncPoint = undefined;
    } else if (
      report.syncPoint !== undefined &&
      began >= flipped &&
      report.destination === otherStore(history.activeAt(at))
    ) {
      syncPoint = history.syncPointOf(report.syncPoint, at, history.activeAt(at));
    }
    steps.push(point(at, syncPoint));
  }
  return [...steps, point(history.end, syncPoint)];
}

/** Null when no run ever completed. */
export function worstLag(history: RunHistory): number | null {
  const lags = lagPoints(history).flatMap(({ lag }) => (lag === null ? [] : [lag]));
  return lags.length === 0 ? null : Math.max(...lags);
}
