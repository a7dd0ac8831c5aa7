/** CloudWatch namespace of the replicator's metrics; their only dimension is `METRICS_DIMENSION`. */
export const METRICS_NAMESPACE = "StorageFailover";

/** Dimension: the primary's bucket name, which names the pair of stores. */
export const METRICS_DIMENSION = "Bucket";

export const METRIC_NAMES = {
  /** Now less the sync point, in seconds; missing until a pass has completed. */
  lagSeconds: "LagSeconds",
  /** Runs that were not clean and not merely out of time. */
  failedRuns: "FailedRuns",
  /** Keys that are written on both sides. */
  conflicts: "Conflicts",
  /** Runs that ended at all, so that silence can be noticed. */
  runs: "Runs",
} as const;
