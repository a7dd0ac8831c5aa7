import {
  METRIC_NAMES,
  METRICS_DIMENSION,
  METRICS_NAMESPACE,
  type MetricKey,
} from "../../../contract/metrics";
import type { MetricRow, MetricRowOptions, MetricWidget } from "./dashboard-body";

/** What a dashboard is about. */
export interface WatchedReplicator {
  /** Where the metrics are: a widget must name it. */
  readonly region: string;
  readonly primaryBucket: string;
  readonly secondaryBucket: string;
  readonly everyMinutes: number;
  /** The TXT record that names the active store. */
  readonly markerName: string;
  readonly timeoutSeconds: number;
  readonly maximumLagMinutes: number;
  readonly memoryMiB: number;
  readonly alarmArns: readonly string[];
  /** What the functions are called, and how they are named. The sweep is the first. */
  readonly functions: readonly { readonly label: string; readonly functionName: string }[];
  readonly deadLetterQueueName: string;
  /** Only with events. */
  readonly eventsQueues?: { readonly queueName: string; readonly deadLetterQueueName: string };
  /** Only with a fan-out. */
  readonly stateMachineArn?: string;
  /** Whether anybody is told of runs beside CloudWatch. */
  readonly tellsOthers: boolean;
}

/** CloudWatch's own palette. */
export const COLORS = {
  blue: "#1f77b4",
  green: "#2ca02c",
  orange: "#ff7f0e",
  red: "#d62728",
  purple: "#9467bd",
  grey: "#7f7f7f",
} as const;

/** Of an axis. */
export const FROM_ZERO = { left: { min: 0, showUnits: false }, right: { min: 0, showUnits: false } };

/** A figure that the replicator itself tells. */
export function own(
  { primaryBucket }: WatchedReplicator,
  key: MetricKey,
  label: string,
  options: Omit<MetricRowOptions, "label">,
): MetricRow {
  return metric(METRICS_NAMESPACE, METRIC_NAMES[key], METRICS_DIMENSION, primaryBucket, {
    label,
    ...options,
  });
}

export function metric(
  namespace: string,
  name: string,
  dimension: string,
  value: string,
  options: MetricRowOptions,
): MetricRow {
  return [namespace, name, dimension, value, options];
}

/** One value for each run, unless told otherwise. */
export function metricWidget(
  { region, everyMinutes }: WatchedReplicator,
  properties: Partial<MetricWidget["properties"]> &
    Pick<MetricWidget["properties"], "title" | "stat" | "metrics">,
): MetricWidget {
  const { period = everyMinutes * 60, ...chosen } = properties;
  return { type: "metric", properties: { view: "timeSeries", region, period, ...chosen } };
}
