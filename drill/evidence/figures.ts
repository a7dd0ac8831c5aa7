import { isDeepStrictEqual } from "node:util";
import type { StoreName } from "../../contract/stores";
import type { ExceptionKind } from "../../lambda/replicator/report";
import {
  exceptionFigures,
  type NamedException,
  type ParityFigures,
  parityFigures,
  type ReadFigures,
  type ReplicationFigures,
  readFigures,
  replicationFigures,
  type WriteFigures,
  writeFigures,
} from "./activity";
import type { DrillEvent } from "./events";
import { type FailbackFigures, failbackFigures } from "./failback";
import { checkInvariants } from "./invariants/all-invariants";
import { type InvariantVerdict, verdict } from "./invariants/invariant";
import { conflictKeys } from "./invariants/only-descendants-replace";
import { type OutageFigures, outageFigures } from "./outage";
import { type RecoveryPointFigures, recoveryPointFigures } from "./recovery-point";
import { RunHistory } from "./run-history";
import { checkTargets, type TargetFigure } from "./targets";

/**
 * What a drill measured. Seconds are seconds of the real deployment (milliseconds of the machine × speed / 1000);
 * `null` says that the log does not hold what the figure is computed from.
 */
export interface DrillFigures {
  /** The run came to its end, every target is met, and I1 to I11 were checked and hold (I12 must not fail). */
  readonly passed: boolean;
  /** Whether the log goes to the end of the run. */
  readonly complete: boolean;
  readonly startedAt: string;
  /** Of the machine, not scaled. */
  readonly machineSeconds: number;
  readonly speed: number;
  readonly seed: number;
  readonly stores: Readonly<Record<StoreName, { readonly product: string; readonly version: string }>>;
  /** The fence F of the real deployment, and as this run waited for it. */
  readonly fence: { readonly seconds: number; readonly waitedSeconds: number };
  /** The outage in which the primary answers 503. */
  readonly failover: OutageFigures | null;
  /** The outage in which the primary's process is killed. */
  readonly kill: OutageFigures | null;
  readonly rpo: RecoveryPointFigures | null;
  readonly failback: FailbackFigures | null;
  readonly flip: { readonly changedPaths: readonly string[] } | null;
  readonly parity: ParityFigures | null;
  readonly replication: ReplicationFigures;
  readonly reads: ReadFigures;
  readonly writes: WriteFigures;
  /** Keys written on both sides; both values are kept. */
  readonly conflicts: readonly string[];
  readonly exceptions: Readonly<Record<ExceptionKind, readonly NamedException[]>>;
  readonly targets: readonly TargetFigure[];
  readonly invariants: readonly InvariantVerdict[];
  /** Longest time for which the machine's load kept a process of the drill from running; not scaled. */
  readonly machineDelayMilliseconds: number;
  /** What range checks allow beyond the predicted range: reader period and worst machine delay, both scaled. */
  readonly toleranceSeconds: number;
}

/**
 * Computes all figures from the events and from nothing else.
 *
 * @throws EvidenceError when the events are not a drill's
 */
export function computeFigures(events: readonly DrillEvent[]): DrillFigures {
  const history = new RunHistory(events);
  const { start } = history;
  const failover = outageFigures(history, "answers-503");
  const kill = outageFigures(history, "killed");
  const rpo = recoveryPointFigures(history);
  const failback = failbackFigures(history);
  const parity = parityFigures(history);
  const reads = readFigures(history);
  return withVerdict({
    complete: history.of("run-ended").length > 0,
    startedAt: start.wallClock,
    machineSeconds: Math.round(history.end - start.at) / 1000,
    speed: start.speed,
    seed: start.seed,
    stores: start.stores,
    fence: { seconds: start.fence.seconds, waitedSeconds: history.seconds(history.fenceMilliseconds) },
    failover,
    kill,
    rpo,
    failback,
    flip: history.failover === undefined ? null : { changedPaths: history.failover.plan.changedPaths },
    parity,
    replication: replicationFigures(history),
    reads,
    writes: writeFigures(history),
    conflicts: conflictKeys(history),
    exceptions: exceptionFigures(history),
    targets: checkTargets(history, { failover, kill, rpo, failback, parity, reads }),
    invariants: checkInvariants(history, rpo),
    machineDelayMilliseconds: history.machineDelayMilliseconds,
    toleranceSeconds: history.toleranceSeconds,
  });
}

/** Decides I12: the recomputed figures, judged by whether they equal those of the run itself. */
export function withRecomputation(recomputed: DrillFigures, measured: DrillFigures): DrillFigures {
  const differences = differingFigures(recomputed, measured);
  const decided = verdict(
    "I12",
    "The figures of the run and those recomputed from the log on disk were compared field by field.",
    differences.map((name) => `"${name}" differs`),
  );
  return withVerdict({
    ...recomputed,
    invariants: recomputed.invariants.map((one) => (one.id === "I12" ? decided : one)),
  });
}

/** Names of the top-level figures that differ, I12 itself and the overall verdict aside. */
export function differingFigures(left: DrillFigures, right: DrillFigures): readonly string[] {
  const leftFields = comparable(left);
  const rightFields = comparable(right);
  return [...new Set([...leftFields.keys(), ...rightFields.keys()])].filter(
    (name) => !isDeepStrictEqual(leftFields.get(name), rightFields.get(name)),
  );
}

/** As JSON keeps them, so that figures from a file compare with figures from memory. */
function comparable({ passed: _verdict, ...figures }: DrillFigures): ReadonlyMap<string, unknown> {
  const invariants = figures.invariants.filter(({ id }) => id !== "I12");
  const plain: unknown = JSON.parse(JSON.stringify({ ...figures, invariants }));
  return new Map(Object.entries(plain ?? {}));
}

function withVerdict(figures: Omit<DrillFigures, "passed"> & { readonly passed?: boolean }): DrillFigures {
  const passed =
    figures.complete &&
    figures.targets.every(({ met }) => met) &&
    figures.invariants.every(({ id, holds }) => (id === "I12" ? holds !== false : holds === true));
  return { ...figures, passed };
}
