import type { ParityFigures, ReadFigures } from "./activity";
import type { FlipFigures } from "./flip-figures";
import type { OutageFigures } from "./outage";
import type { RecoveryFigures } from "./recovery";
import type { RecoveryPointFigures } from "./recovery-point";
import type { RunHistory } from "./run-history";
import { worst } from "./worst";

/** A figure against its limit. */
export interface TargetFigure {
  /** Stable name. */
  readonly id: string;
  readonly text: string;
  /** Null: not measured, and so not met. */
  readonly value: number | null;
  /** The most that is allowed. */
  readonly limit: number;
  readonly unit: "s" | "objects" | "reads" | "paths" | "outages";
  readonly met: boolean;
}

export interface Measured {
  readonly outages: readonly OutageFigures[];
  readonly recoveries: readonly RecoveryFigures[];
  readonly flips: readonly FlipFigures[];
  readonly rpo: RecoveryPointFigures | null;
  readonly parity: ParityFigures | null;
  readonly reads: ReadFigures;
  readonly worstLagSeconds: number | null;
}

/**
 * Seconds by which a sync point is older than the listing it stands for: the stores' `Date` has whole seconds, and
 * one more is taken off. Real seconds, so that `speed` multiplies them.
 */
const SYNC_POINT_RESOLUTION_SECONDS = 2;

/** A scenario is held to what it names and to what no run may break; the demo to all that its story shows. */
export function checkTargets(history: RunHistory, measured: Measured): readonly TargetFigure[] {
  return history.start.scenario === undefined
    ? demoTargets(history, measured)
    : scenarioTargets(history, measured);
}

/** One interval between two runs, another for a run that takes all of it, and what a sync point cannot resolve. */
function dataAtRiskLimit({ start }: RunHistory): number {
  const named = start.scenario?.targets.dataAtRiskSeconds;
  return named ?? 2 * start.replicationIntervalSeconds + SYNC_POINT_RESOLUTION_SECONDS * start.speed;
}

function scenarioTargets(history: RunHistory, measured: Measured): readonly TargetFigure[] {
  const { outages, recoveries, flips, rpo, reads, worstLagSeconds } = measured;
  const named = history.start.scenario?.targets ?? {};
  const limited = (
    limit: number | undefined,
    build: (limit: number) => TargetFigure,
  ): readonly TargetFigure[] => (limit === undefined ? [] : [build(limit)]);
  return [
    ...limited(named.recoverySeconds, (limit) =>
      target(
        "recovery",
        "readers well again, in the worst outage",
        worst(outages.map((one) => one.rtoSeconds)),
        limit,
        "s",
      ),
    ),
    ...limited(named.writesResumeSeconds, (limit) =>
      target(
        "writes-resume",
        "writers acknowledged again after the loss of the active store",
        worst(recoveries.map((one) => one.controlPlaneSeconds)),
        limit,
        "s",
      ),
    ),
    ...limited(named.flipSeconds, (limit) =>
      target(
        "flip",
        "writers acknowledged by the new active store, from the begin of the flip",
        worst(flips.map((one) => one.writerSeconds)),
        limit,
        "s",
      ),
    ),
    ...limited(named.writesPausedSeconds, (limit) =>
      target(
        "writes-paused",
        "writers held back by a planned flip",
        worst(flips.filter(({ planned }) => planned).map((one) => one.writesPausedSeconds)),
        limit,
        "s",
      ),
    ),
    ...(rpo === null && named.dataAtRiskSeconds === undefined
      ? []
      : [
          target(
            "data-at-risk",
            "data at risk at the unplanned flip",
            rpo?.seconds,
            dataAtRiskLimit(history),
            "s",
          ),
        ]),
    ...limited(named.lagSeconds, (limit) =>
      target("lag", "greatest lag of replication", worstLagSeconds, limit, "s"),
    ),
    ...flips.filter(({ planned }) => planned).map(plannedLoss),
    outsideOutages(reads),
    ...flips
      .filter(({ changedPaths }) => changedPaths !== null)
      .slice(0, 1)
      .map(staysOnEdge),
  ];
}

function demoTargets(history: RunHistory, measured: Measured): readonly TargetFigure[] {
  const { outages, flips, recoveries, rpo, parity, reads } = measured;
  const refusing = outages.find(({ fault }) => fault === "answers-503");
  const killed = outages.find(({ fault }) => fault === "killed");
  const failback = flips.find(({ planned }) => planned);
  const failover = flips.find(({ changedPaths }) => changedPaths !== null);
  const { recovery, detection } = history.start.predicted;
  const tolerance = (outage: OutageFigures | undefined) => outage?.toleranceSeconds ?? 0;
  return [
    asPredicted(
      target(
        "recovery",
        "recovery time of the 503 outage, as predicted",
        refusing?.rtoSeconds,
        recovery.refusing.worst + tolerance(refusing),
        "s",
      ),
      refusing?.withinPrediction,
    ),
    asPredicted(
      target(
        "detection",
        "monitors noticed the 503 outage, as predicted",
        refusing?.detectionSeconds,
        detection.refusing.worst + tolerance(refusing),
        "s",
      ),
      refusing?.detectedAsPredicted,
    ),
    asPredicted(
      target(
        "kill",
        "recovery time of the killed store, as predicted",
        killed?.rtoSeconds,
        recovery.unreachable.worst + tolerance(killed),
        "s",
      ),
      killed?.withinPrediction,
    ),
    target("data-at-risk", "data at risk at the failover", rpo?.seconds, dataAtRiskLimit(history), "s"),
    target("objects-lost", "objects in no store at the end", rpo?.objectsLost?.length, 0, "objects"),
    failback === undefined
      ? target("failback-lost", "objects lost by the planned flip", undefined, 0, "objects")
      : plannedLoss(failback),
    target(
      "failback-interruption",
      "readers interrupted by the planned flip",
      failback?.interruptionSeconds,
      0,
      "s",
    ),
    outsideOutages(reads),
    target("parity", "objects that differ between the stores", parity?.differences.length, 0, "objects"),
    failover === undefined
      ? target(
          "flip-stays-on-edge",
          "paths that the flip changes outside the edge stack",
          undefined,
          0,
          "paths",
        )
      : staysOnEdge(failover),
    stillOpen(recoveries),
  ];
}

function stillOpen(recoveries: readonly RecoveryFigures[]): TargetFigure {
  const open = recoveries.filter(({ recovered }) => !recovered).length;
  const text = "outages after which readers, writers or both stores' content did not recover";
  return target("recovered", text, recoveries.length === 0 ? null : open, 0, "outages");
}

function plannedLoss(flip: FlipFigures): TargetFigure {
  return target("failback-lost", "objects lost by the planned flip", flip.lost?.length, 0, "objects");
}

function staysOnEdge({ changedPaths }: FlipFigures): TargetFigure {
  const outside = changedPaths?.filter((path) => !path.startsWith("edge"));
  return target(
    "flip-stays-on-edge",
    "paths that the flip changes outside the edge stack",
    outside?.length,
    0,
    "paths",
  );
}

function outsideOutages({ failedOutsideOutages }: ReadFigures): TargetFigure {
  const text = "reads that failed though no store was broken";
  return target("reads-outside-outages", text, failedOutsideOutages, 0, "reads");
}

function asPredicted(figure: TargetFigure, within: boolean | null | undefined): TargetFigure {
  return { ...figure, met: within === true };
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
