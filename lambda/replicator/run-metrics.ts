import type { RunMetrics } from "../../contract/metrics";
import { isSuccess, type RunReport } from "./report";

/**
 * The figures of one run.
 *
 * @param memoryBytes - the most that the process has held so far
 */
export function runMetrics(report: RunReport, memoryBytes: number): RunMetrics {
  const { startedAt, endedAt, syncPoint, exceptionCounts: counts } = report;
  return {
    ...(syncPoint !== undefined && { lagSeconds: secondsBetween(syncPoint, endedAt) }),
    runs: 1,
    failedRuns: isSuccess(report) ? 0 : 1,
    runSeconds: secondsBetween(startedAt, endedAt),
    memoryBytes,
    copiedObjects: report.copied,
    copiedBytes: report.copiedBytes,
    unchangedObjects: report.unchanged,
    removedObjects: report.removed,
    failedObjects: counts.failed,
    conflicts: counts.conflict,
    withheldDeletions: counts.withheld,
    strays: counts.stray,
    unsupportedObjects: counts.unsupported,
  };
}

/** Never negative: the two may be read from different clocks. */
function secondsBetween(from: string, to: string): number {
  return Math.max(0, (Date.parse(to) - Date.parse(from)) / 1000);
}
