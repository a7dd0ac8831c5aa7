/** CloudWatch namespace of the replicator's metrics; their only dimension is `METRICS_DIMENSION`. */
export const METRICS_NAMESPACE = "StorageFailover";

/** Dimension: the primary's bucket name, which names the pair of stores. */
export const METRICS_DIMENSION = "Bucket";

/** What a metric counts, as CloudWatch names units. */
export type MetricUnit = "Seconds" | "Count" | "Bytes";

export interface MetricMeaning {
  /** In CloudWatch. */
  readonly name: string;
  readonly unit: MetricUnit;
  /** One sentence, for people. */
  readonly help: string;
}

/** Every figure that is told of a run, wherever it is told. CloudWatch bills each by the month. */
export const METRICS = {
  lagSeconds: {
    name: "LagSeconds",
    unit: "Seconds",
    help: "Now less the sync point; missing until a pass has completed.",
  },
  runs: { name: "Runs", unit: "Count", help: "Runs that ended at all, so that silence can be noticed." },
  failedRuns: {
    name: "FailedRuns",
    unit: "Count",
    help: "Runs that were not clean and not merely out of time.",
  },
  runSeconds: { name: "RunSeconds", unit: "Seconds", help: "How long the run took." },
  memoryBytes: {
    name: "MemoryBytes",
    unit: "Bytes",
    help: "The most memory that the function's process has held so far.",
  },
  copiedObjects: { name: "CopiedObjects", unit: "Count", help: "Objects that the run copied." },
  copiedBytes: { name: "CopiedBytes", unit: "Bytes", help: "Bytes of the objects that the run copied." },
  unchangedObjects: { name: "UnchangedObjects", unit: "Count", help: "Keys that were equal already." },
  removedObjects: {
    name: "RemovedObjects",
    unit: "Count",
    help: "Proven deletions for which the run placed a delete marker.",
  },
  failedObjects: {
    name: "FailedObjects",
    unit: "Count",
    help: "Keys that the run tried and could not copy; the next one tries again.",
  },
  conflicts: { name: "Conflicts", unit: "Count", help: "Keys that are written on both sides." },
  withheldDeletions: {
    name: "WithheldDeletions",
    unit: "Count",
    help: "Proven deletions that were not placed, because the run found more than it may place.",
  },
  strays: {
    name: "Strays",
    unit: "Count",
    help: "Keys on the standby only, without proof that the active store deleted them.",
  },
  unsupportedObjects: {
    name: "UnsupportedObjects",
    unit: "Count",
    help: "Keys that the standby cannot hold, or that cannot be read without being restored first.",
  },
  heartbeatFailures: {
    name: "HeartbeatFailures",
    unit: "Count",
    help: "Clean passes after which the heartbeat's URL could not be called.",
  },
  exportFailures: {
    name: "ExportFailures",
    unit: "Count",
    help: "Runs whose figures could not be sent to an OTLP collector or a Pushgateway.",
  },
} as const satisfies Readonly<Record<string, MetricMeaning>>;

export type MetricKey = keyof typeof METRICS;

type MetricName<K extends MetricKey> = (typeof METRICS)[K]["name"];

/** The names in CloudWatch. */
export const METRIC_NAMES = Object.fromEntries(
  Object.entries(METRICS).map(([key, { name }]) => [key, name]),
) as { readonly [K in MetricKey]: MetricName<K> };

/** The figures of one run; what is not known is left out. */
export type RunMetrics = Partial<Readonly<Record<MetricKey, number>>>;

/** `LagSeconds` as Prometheus and OpenTelemetry name it: `storage_failover_lag_seconds`. */
export function openMetricName(name: string): string {
  return `storage_failover${name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)}`;
}
