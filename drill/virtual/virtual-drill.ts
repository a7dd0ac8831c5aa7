import {
  OUTAGE_KINDS,
  type OutageKind,
  passCycle,
  predictDataAtRisk,
  predictRecoveryTime,
  type Range,
} from "../../lib/objectives";
import { exposureSamples, PASS_SPREAD } from "./exposure-samples";
import { type JudgedFigure, judged } from "./judged-figure";
import { recoverySamples } from "./recovery-samples";
import { recoveryTimings, replicationTimings, type VirtualPlan } from "./virtual-plan";

export interface VirtualDrillOptions {
  /** Outages of each kind, and losses of the active store. */
  readonly runs: number;
  /** The same one gives the same figures. */
  readonly seed: number;
}

/** What readers and data go through when the active store fails at a random moment. Seconds are those of the real deployment. */
export interface VirtualFigures {
  readonly recoverySeconds: Readonly<Record<OutageKind, JudgedFigure>>;
  readonly dataAtRiskSeconds: JudgedFigure;
  readonly writesAtRisk: JudgedFigure;
  /** Seconds of work in a pass of replication, as taken for these figures. */
  readonly passSeconds: number;
  /** Whether all of it came out as predicted. */
  readonly agrees: boolean;
}

/**
 * Breaks the plan's system in virtual time, at random moments against probes, schedule, passes and readers.
 *
 * @throws TooManyWritesError when replication could never keep up
 */
export function virtualDrill(plan: VirtualPlan, { runs, seed }: VirtualDrillOptions): VirtualFigures {
  const timings = recoveryTimings(plan);
  const recovery = recoverySamples(plan, runs, seed);
  const recoverySeconds = Object.fromEntries(
    OUTAGE_KINDS.map((kind) => [kind, judged(recovery[kind], predictRecoveryTime(kind, timings))]),
  ) as Record<OutageKind, JudgedFigure>;
  const exposure = exposureSamples(plan, runs, seed);
  const exposed = predictedExposure(plan);
  const { writesPerSecond } = plan.work;
  const dataAtRiskSeconds = judged(exposure.seconds, exposed);
  const writesAtRisk = judged(exposure.writes, {
    best: Math.floor(exposed.best * writesPerSecond),
    mean: exposed.mean * writesPerSecond,
    worst: Math.ceil(exposed.worst * writesPerSecond),
  });
  const all = [...Object.values(recoverySeconds), dataAtRiskSeconds, writesAtRisk];
  return {
    recoverySeconds,
    dataAtRiskSeconds,
    writesAtRisk,
    passSeconds: replicationTimings(plan).passSeconds,
    agrees: all.every(({ agrees }) => agrees),
  };
}

/** Lengths of a pass that stand for all between the shortest and the longest. */
const PASS_LENGTHS = 201;

/**
 * `predictDataAtRisk` over passes that are not all equally long. A random moment falls into a long cycle more often than into a
 * short one, which is why the mean is that of the durations and E[cycle²] / 2 E[cycle].
 */
function predictedExposure(plan: VirtualPlan): Range {
  const timings = replicationTimings(plan);
  const lengths = Array.from({ length: PASS_LENGTHS }, (_, index) => ({
    ...timings,
    passSeconds: timings.passSeconds * (1 + PASS_SPREAD * ((2 * index + 1) / PASS_LENGTHS - 1)),
  }));
  const cycles = lengths.map(passCycle);
  const meanOf = (value: (cycle: (typeof cycles)[number]) => number): number =>
    cycles.reduce((sum, cycle) => sum + value(cycle), 0) / cycles.length;
  const shortest = predictDataAtRisk({ ...timings, passSeconds: timings.passSeconds * (1 - PASS_SPREAD) });
  const longest = predictDataAtRisk({ ...timings, passSeconds: timings.passSeconds * (1 + PASS_SPREAD) });
  const cycleSquares = meanOf(({ cycleSeconds }) => cycleSeconds ** 2);
  return {
    best: shortest.best,
    mean:
      meanOf(({ durationSeconds }) => durationSeconds) +
      cycleSquares / (2 * meanOf(({ cycleSeconds }) => cycleSeconds)),
    worst: longest.worst,
  };
}
