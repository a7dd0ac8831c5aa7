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
import { type ExpectationVerdict, judgeExpectations } from "./expectations";
import { type FlipFigures, flipFigures } from "./flip-figures";
import { checkInvariants } from "./invariants/all-invariants";
import { type InvariantVerdict, verdict } from "./invariants/invariant";
import { conflictKeys } from "./invariants/only-descendants-replace";
import { worstLag } from "./lag";
import { type OperatorFigures, operatorFigures } from "./operators";
import { allOutages, type OutageFigures } from "./outage";
import { type PhaseFigures, phaseFigures } from "./phases";
import { type RecoveryFigures, recoveries, type WorstRecovery, worstRecovery } from "./recovery";
import { lostKeys, type RecoveryPointFigures, recoveryPointFigures } from "./recovery-point";
import { RunHistory } from "./run-history";
import { checkTargets, type TargetFigure } from "./targets";

/**
 * What a drill measured. Seconds are seconds of the real deployment (milliseconds of the machine × speed / 1000);
 * `null` says that the log does not hold what the figure is computed from.
 */
export interface DrillFigures {
  /** The run came to its end, every target and expectation is met, and no invariant is broken or, without reason, undecided. */
  readonly passed: boolean;
  /** Whether the log goes to the end of the run. */
  readonly complete: boolean;
  /** Null for the demo. */
  readonly scenario: { readonly id: string; readonly title: string; readonly proves: string } | null;
  readonly startedAt: string;
  /** Of the machine, not scaled. */
  readonly machineSeconds: number;
  readonly speed: number;
  readonly seed: number;
  /** Null when it was not run from a repository. */
  readonly commit: string | null;
  readonly stores: Readonly<Record<StoreName, { readonly product: string; readonly version: string }>>;
  /** Of whatever took part beside the stores, by name. */
  readonly versions: Readonly<Record<string, string>>;
  /** The fence F of the real deployment, and as this run waited for it. */
  readonly fence: { readonly seconds: number; readonly waitedSeconds: number };
  /** Every fault of a store, in order, as readers met it. */
  readonly outages: readonly OutageFigures[];
  /** Every change of the active store, in order. */
  readonly flips: readonly FlipFigures[];
  /** Every outage of the active store: readers, writers, and both stores' content. */
  readonly recoveries: readonly RecoveryFigures[];
  /** The worst of these; null when there was nothing to recover from. */
  readonly recovery: WorstRecovery | null;
  readonly rpo: RecoveryPointFigures | null;
  readonly keys: KeyFigures;
  /** The greatest lag of replication at any time; null when no run completed. */
  readonly worstLagSeconds: number | null;
  readonly parity: ParityFigures | null;
  readonly replication: ReplicationFigures;
  readonly phases: readonly PhaseFigures[];
  readonly reads: ReadFigures;
  readonly writes: WriteFigures;
  readonly operators: readonly OperatorFigures[];
  readonly exceptions: Readonly<Record<ExceptionKind, readonly NamedException[]>>;
  readonly targets: readonly TargetFigure[];
  readonly expectations: readonly ExpectationVerdict[];
  readonly invariants: readonly InvariantVerdict[];
  /** Longest time for which the machine's load kept a process of the drill from running; not scaled. */
  readonly machineDelayMilliseconds: number;
  /** What range checks allow beyond the predicted range: reader period and worst machine delay, both scaled. */
  readonly toleranceSeconds: number;
}

export interface KeyFigures {
  /** Last acknowledged value in no store at the end; null while that is not known. */
  readonly lost: readonly string[] | null;
  /** Written on the store that was left, too late to be copied, and not brought over what was written since. */
  readonly late: readonly string[];
  /** Written on both sides; both values are kept. */
  readonly conflicting: readonly string[];
}

/**
 * Computes all figures from the events and from nothing else.
 *
 * @param events - of a verified log (`readEventLog`), or of the run itself while it is still under way
 * @throws EvidenceError when the events are not a drill's
 */
export function computeFigures(events: readonly DrillEvent[]): DrillFigures {
  const history = new RunHistory(events);
  const { start } = history;
  const exceptions = exceptionFigures(history);
  const measured = {
    outages: allOutages(history),
    flips: flipFigures(history),
    recoveries: recoveries(history),
    rpo: recoveryPointFigures(history),
    parity: parityFigures(history),
    reads: readFigures(history),
    worstLagSeconds: worstLag(history),
  };
  const lost = lostKeys(history);
  const invariants = checkInvariants(history);
  return withVerdict({
    complete: history.of("run-ended").length > 0,
    scenario: described(start.scenario),
    startedAt: start.wallClock,
    machineSeconds: Math.round(history.end - start.at) / 1000,
    speed: start.speed,
    seed: start.seed,
    commit: start.commit ?? null,
    stores: start.stores,
    versions: start.versions ?? {},
    fence: { seconds: start.fence.seconds, waitedSeconds: history.seconds(history.fenceMilliseconds) },
    ...measured,
    recovery: worstRecovery(measured.recoveries),
    keys: { lost, late: exceptions.late.map(({ key }) => key), conflicting: conflictKeys(history) },
    replication: replicationFigures(history),
    phases: phaseFigures(history),
    writes: writeFigures(history),
    operators: operatorFigures(history),
    exceptions,
    targets: checkTargets(history, measured),
    expectations: judgeExpectations(history, { ...measured, lost, invariants }),
    invariants,
    machineDelayMilliseconds: history.machineDelayMilliseconds,
    toleranceSeconds: history.toleranceSeconds,
  });
}

function described(scenario: RunHistory["start"]["scenario"]): DrillFigures["scenario"] {
  if (scenario === undefined) return null;
  const { id, title, proves } = scenario;
  return { id, title, proves };
}

/**
 * Decides I12: the figures from the log on disk, judged by whether all others are equal to them.
 *
 * @param others - as the run itself had them, or as another program computed them from the same log
 */
export function withRecomputation(recomputed: DrillFigures, ...others: readonly unknown[]): DrillFigures {
  const differences = new Set(others.flatMap((other) => differingFigures(recomputed, other)));
  const decided = verdict(
    "I12",
    `The figures from the log on disk were compared field by field with ${others.length === 1 ? "another computation" : `${others.length} other computations`} of them.`,
    [...differences].map((name) => `"${name}" differs`),
  );
  return withVerdict({
    ...recomputed,
    invariants: recomputed.invariants.map((one) => (one.id === "I12" ? decided : one)),
  });
}

/** Names of the top-level figures that differ, I12 itself and the overall verdict aside. */
export function differingFigures(left: unknown, right: unknown): readonly string[] {
  const leftFields = comparable(left);
  const rightFields = comparable(right);
  return [...new Set([...leftFields.keys(), ...rightFields.keys()])].filter(
    (name) => !isDeepStrictEqual(leftFields.get(name), rightFields.get(name)),
  );
}

/** As JSON keeps them, so that figures from a file compare with figures from memory. */
function comparable(figures: unknown): ReadonlyMap<string, unknown> {
  const plain: unknown = JSON.parse(JSON.stringify(figures));
  const fields = new Map<string, unknown>(Object.entries(plain ?? {}));
  fields.delete("passed");
  const invariants = fields.get("invariants");
  if (Array.isArray(invariants)) fields.set("invariants", invariants.filter(isNotTheTwelfth));
  return fields;
}

function isNotTheTwelfth(invariant: unknown): boolean {
  return !(
    typeof invariant === "object" &&
    invariant !== null &&
    "id" in invariant &&
    invariant.id === "I12"
  );
}

/** The demo's story decides every invariant. A scenario need not: what it left open without reason is an expectation not met. */
function withVerdict(figures: Omit<DrillFigures, "passed"> & { readonly passed?: boolean }): DrillFigures {
  const { complete, targets, expectations, invariants, scenario } = figures;
  const mayBeOpen = (id: string) => scenario !== null || id === "I12";
  const passed =
    complete &&
    targets.every(({ met }) => met) &&
    expectations.every(({ met }) => met) &&
    invariants.every(({ id, holds }) => holds === true || (holds === undefined && mayBeOpen(id)));
  return { ...figures, passed };
}
