import {
  METRICS,
  METRICS_DIMENSION,
  METRICS_NAMESPACE,
  type MetricKey,
  type RunMetrics,
} from "../../contract/metrics";
import type { RunReport } from "./report";

/** The log line that ends a run: the report, and its metrics in CloudWatch's embedded metric format. */
export function runLogLine(report: RunReport, bucket: string, metrics: RunMetrics): string {
  return metricLine({ event: "run", report }, Date.parse(report.endedAt), bucket, metrics);
}

/**
 * A log line that CloudWatch takes figures from.
 *
 * @param at - milliseconds since 1970
 */
export function metricLine(what: object, at: number, bucket: string, metrics: RunMetrics): string {
  const figures = Object.entries(metrics).map(([key, value]) => ({ ...METRICS[key as MetricKey], value }));
  return JSON.stringify({
    ...what,
    _aws: {
      Timestamp: at,
      CloudWatchMetrics: [
        {
          Namespace: METRICS_NAMESPACE,
          Dimensions: [[METRICS_DIMENSION]],
          Metrics: figures.map(({ name, unit }) => ({ Name: name, Unit: unit })),
        },
      ],
    },
    [METRICS_DIMENSION]: bucket,
    ...Object.fromEntries(figures.map(({ name, value }) => [name, value])),
  });
}

/**
 * Writes a line as it is. Lambda's `console` would put the text into a field of its own JSON, where CloudWatch finds no
 * figures.
 */
export function writeLine(line: string): void {
  process.stdout.write(`${line}\n`);
}
