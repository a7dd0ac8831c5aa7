import { METRIC_NAMES, METRICS_DIMENSION, METRICS_NAMESPACE } from "../../contract/metrics";
import type { RunReport } from "./report";

/** The log line that ends a run: the report, and its metrics in CloudWatch's embedded metric format. */
export function runLogLine(report: RunReport, bucket: string): string {
  const metrics = metricsOf(report);
  const definitions = Object.keys(metrics).map((name) => ({
    Name: name,
    Unit: name === METRIC_NAMES.lagSeconds ? "Seconds" : "Count",
  }));
  return JSON.stringify({
    event: "run",
    report,
    _aws: {
      Timestamp: Date.parse(report.endedAt),
      CloudWatchMetrics: [
        { Namespace: METRICS_NAMESPACE, Dimensions: [[METRICS_DIMENSION]], Metrics: definitions },
      ],
    },
    [METRICS_DIMENSION]: bucket,
    ...metrics,
  });
}

function metricsOf(report: RunReport): Record<string, number> {
  const lag = report.syncPoint && (Date.parse(report.endedAt) - Date.parse(report.syncPoint)) / 1000;
  return {
    ...(lag && { [METRIC_NAMES.lagSeconds]: Math.max(0, lag) }),
    [METRIC_NAMES.failedRuns]: isSuccess(report) ? 0 : 1,
    [METRIC_NAMES.conflicts]: report.exceptionCounts.conflict,
    [METRIC_NAMES.runs]: 1,
  };
}

/** A run with failures, or one that had to stop, is never reported as a success. */
export function isSuccess(report: RunReport): boolean {
  if (report.outcome === "incomplete") return report.exceptionCounts.failed === 0;
  return report.outcome === "clean" || report.outcome === "yielded";
}
