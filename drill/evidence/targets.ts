import type { ParityFigures, ReadFigures } from "./activity";
import type { FailbackFigures } from "./failback";
import type { OutageFigures } from "./outage";
import type { RecoveryPointFigures } from "./recovery-point";
import type { RunHistory } from "./run-history";

/** A figure against its limit. */
export interface TargetFigure {
  /** Stable name. */
  readonly id: string;
  readonly text: string;
  /** Null: not measured, and so not met. */
  readonly value: number | null;
  /** The most that is allowed. */
  readonly limit: number;
  readonly unit: "s" | "objects" | "reads" | "paths";
  readonly met: boolean;
}

export interface Measured {
  readonly failover: OutageFigures | null;
  readonly kill: OutageFigures | null;
  readonly rpo: RecoveryPointFigures | null;
  readonly failback: FailbackFigures | null;
  readonly parity: ParityFigures | null;
  readonly reads: ReadFigures;
}

/**
 * Seconds by which a sync point is older than the listing it stands for: the stores' `Date` has whole seconds, and
 * one more is taken off. Real seconds, so that `speed` multiplies them.
 */
const SYNC_POINT_RESOLUTION_SECONDS = 2;

/** Defaults for a run that names no targets: what the plan itself predicts at worst. */
export function limits(history: RunHistory) {
  const { predicted, replicationIntervalSeconds, speed, targets } = history.start;
  return {
    recoverySeconds: targets?.recoverySeconds ?? predicted.refusing.worst + history.toleranceSeconds,
    // One interval between two runs, and another for a run that takes all of it.
    dataAtRiskSeconds:
      targets?.dataAtRiskSeconds ?? 2 * replicationIntervalSeconds + SYNC_POINT_RESOLUTION_SECONDS * speed,
  };
}

export function checkTargets(history: RunHistory, measured: Measured): readonly TargetFigure[] {
  const { failover, kill, rpo, failback, parity, reads } = measured;
  const { recoverySeconds, dataAtRiskSeconds } = limits(history);
  const tolerance = history.toleranceSeconds;
  const worst = history.start.predicted;
  const paths = history.failover?.plan.changedPaths;
  return [
    target("recovery", "recovery time of the 503 outage", failover?.rtoSeconds, recoverySeconds, "s"),
    {
      ...target(
        "recovery-predicted",
        "the same, against the plan's prediction",
        failover?.rtoSeconds,
        worst.refusing.worst + tolerance,
        "s",
      ),
      met: failover?.withinPrediction === true,
    },
    target(
      "detection-predicted",
      "monitors noticed the 503 outage as predicted",
      failover?.detectionSeconds,
      worst.refusing.worst + tolerance,
      "s",
    ),
    {
      ...target(
        "kill-predicted",
        "recovery time of the killed store, as predicted",
        kill?.rtoSeconds,
        worst.killed.worst + tolerance,
        "s",
      ),
      met: kill?.withinPrediction === true,
    },
    target("data-at-risk", "data at risk at the failover", rpo?.seconds, dataAtRiskSeconds, "s"),
    target("objects-lost", "objects in no store at the end", rpo?.objectsLost?.length, 0, "objects"),
    target("failback-lost", "objects lost by the failback", failback?.lost?.length, 0, "objects"),
    target("failback-interruption", "readers interrupted by the failback", failback?.rtoSeconds, 0, "s"),
    target(
      "reads-outside-outages",
      "reads that failed though nothing was broken",
      reads.failedOutsideOutages,
      0,
      "reads",
    ),
    target("parity", "objects that differ between the stores", parity?.differences.length, 0, "objects"),
    target(
      "flip-stays-on-edge",
      "paths that the flip changes outside the edge stack",
      paths?.filter((path) => !path.startsWith("edge")).length,
      0,
      "paths",
    ),
  ];
}

function target(
  id: string,
  text: string,
  value: number | null | undefined,
  limit: number,
  unit: TargetFigure["unit"],
): TargetFigure {
  const known = value ?? null;
  const rounded = Math.round(limit * 1000) / 1000;
  return { id, text, value: known, limit: rounded, unit, met: known !== null && known <= rounded };
}
