import type { RangeProgress, RangeResult } from "../../contract/fan-out";
import { type FanOutPlan, rangeCount } from "./fan-out-plan";
import type { LastRun, Progress } from "./progress";
import type { RangeReport } from "./run";
import { beforeResolution } from "./sweep";
import { MOST_NAMED_EXCEPTIONS } from "./tally";

/** What all pieces of one range came to, with what the ones before it came to. */
export type RangeFigures = Omit<RangeProgress, "after">;

/** @returns undefined when the range was not even listed */
export function figuresOf(report: RangeReport, before: RangeProgress | undefined): RangeFigures | undefined {
  const { epoch, began, exceptionCounts } = report;
  if (epoch === undefined || began === undefined) return undefined;
  const exceptions = Object.values(exceptionCounts).reduce((sum, count) => sum + count, 0);
  return {
    epoch,
    began: before?.began ?? Date.parse(began),
    failed: (before?.failed ?? 0) + exceptionCounts.failed,
    exceptions: (before?.exceptions ?? 0) + exceptions,
    suspects: (before?.suspects ?? 0) + report.suspects,
  };
}

export function resultOf(range: number, figures: RangeFigures): RangeResult {
  return [range, figures.epoch, figures.began, figures.failed, figures.exceptions, figures.suspects];
}

/** What a whole plan came to. */
export interface PlanFigures {
  /** Ranges without a result of the plan's epoch. */
  readonly missing: number;
  /** The earliest beginning of a range. */
  readonly began: number;
  readonly failed: number;
  readonly exceptions: number;
  readonly suspects: number;
}

/** @param results - as the state machine collected them: what failed may have left anything in its place */
export function gathered(plan: FanOutPlan, results: readonly unknown[]): PlanFigures {
  const valid = new Map(
    results
      .filter(isResult)
      .filter(([range, epoch]) => epoch === plan.epoch && range < rangeCount(plan))
      .map((result) => [result[0], result]),
  );
  const all = [...valid.values()];
  const sum = (figure: 3 | 4 | 5) => all.reduce((total, result) => total + result[figure], 0);
  return {
    missing: rangeCount(plan) - valid.size,
    began: all.reduce((earliest, [, , began]) => Math.min(earliest, began), Number.POSITIVE_INFINITY),
    failed: sum(3),
    exceptions: sum(4),
    suspects: sum(5),
  };
}

function isResult(value: unknown): value is RangeResult {
  return (
    Array.isArray(value) &&
    value.length === 6 &&
    value.every((figure) => Number.isSafeInteger(figure) && figure >= 0)
  );
}

/**
 * What replication remembers after a pass in ranges that all came to their end: as after a sweep, and never less than
 * before, for a sweep may have come further meanwhile.
 */
export function concludedFanOut(before: Progress, figures: PlanFigures, endedAt: Date): Progress {
  const passBegan = new Date(figures.began).toISOString();
  const { checkpoint, ...rest } = before;
  const named = figures.exceptions <= MOST_NAMED_EXCEPTIONS;
  const clean = figures.failed === 0 && figures.suspects === 0;
  return {
    ...rest,
    ...(named && { syncPoint: later(beforeResolution(passBegan), before.syncPoint) }),
    ...(clean && { watermark: later(passBegan, before.watermark) }),
    // A pass that began earlier would end with an earlier sync point than there is now.
    ...(checkpoint && later(checkpoint.passBegan, passBegan) !== passBegan && { checkpoint }),
    lastRun: lastRunOf(figures, endedAt),
  };
}

/** Ranges tell how many keys could not be made equal, and of which kind only that they failed. */
function lastRunOf({ failed, exceptions }: PlanFigures, endedAt: Date): LastRun {
  const others = exceptions - failed;
  return {
    endedAt: endedAt.toISOString(),
    outcome: failed > 0 ? "failed" : "clean",
    exceptionCounts: failed > 0 ? { failed } : {},
    ...(others > 0 && { unclassified: others }),
  };
}

function later(left: string, right: string | undefined): string {
  return right !== undefined && Date.parse(right) > Date.parse(left) ? right : left;
}
