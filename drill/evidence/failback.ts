import type { ReadDone, WriterMoved } from "./events";
import { missingWrites } from "./missing-writes";
import type { Flip, PhaseSpan, RunHistory } from "./run-history";

/** What the planned way back cost. Seconds are of the real deployment. */
export interface FailbackFigures {
  /** The longest time for which readers got nothing, by failed reads or by none at all; 0 if nothing of the kind. */
  readonly rtoSeconds: number;
  readonly failedReads: number;
  readonly reads: number;
  /** How long the writer held back. */
  readonly writesPausedSeconds: number;
  /** Keys whose acknowledged value did not come back, named exceptions aside; null while that is not known. */
  readonly lost: readonly string[] | null;
}

/** Null when the log has no failback. */
export function failbackFigures(history: RunHistory): FailbackFigures | null {
  const flip = history.failback;
  const phase = history.phase("failback");
  if (flip === undefined || phase === undefined) return null;
  const reads = history.readsDuring(phase);
  const end = Math.min(phase.end, history.end);
  const resolution = 2 * history.start.readerPeriodMilliseconds + history.machineDelayMilliseconds;
  return {
    rtoSeconds: history.seconds(longestInterruption(reads, end, resolution)),
    failedReads: reads.filter(({ outcome }) => outcome === "failed").length,
    reads: reads.length,
    writesPausedSeconds: history.seconds(pausedMilliseconds(history, { ...phase, end })),
    lost: lostOnTheWay(history, flip),
  };
}

/** Failed reads count from the first one; silence counts only beyond what the run can resolve. */
function longestInterruption(reads: readonly ReadDone[], end: number, resolution: number): number {
  let longest = 0;
  let firstFailed: number | undefined;
  let previous: number | undefined;
  for (const { at, outcome } of reads) {
    const silent = previous === undefined ? 0 : at - previous;
    if (silent > resolution) longest = Math.max(longest, silent);
    if (outcome === "failed") firstFailed ??= at;
    else if (firstFailed !== undefined) {
      longest = Math.max(longest, at - firstFailed);
      firstFailed = undefined;
    }
    previous = at;
  }
  return firstFailed === undefined ? longest : Math.max(longest, end - firstFailed);
}

function pausedMilliseconds(history: RunHistory, phase: PhaseSpan): number {
  let paused = 0;
  let since: number | undefined = isPaused(history.of("writer").findLast(({ at }) => at < phase.at))
    ? phase.at
    : undefined;
  for (const event of history.of("writer").filter(({ at }) => at >= phase.at && at < phase.end)) {
    if (isPaused(event)) since ??= event.at;
    else if (since !== undefined) {
      paused += event.at - since;
      since = undefined;
    }
  }
  return since === undefined ? paused : paused + phase.end - since;
}

function isPaused(event: WriterMoved | undefined): boolean {
  return event?.state === "paused";
}

function lostOnTheWay(history: RunHistory, flip: Flip): readonly string[] | null {
  const survey = history.survey("end", flip.to);
  if (survey === undefined) return null;
  const since = history.syncPoint(flip.to, survey.at) ?? Number.NEGATIVE_INFINITY;
  const named = history.namedExceptions(flip.to, { at: since, end: survey.at });
  const missing = missingWrites(history, { source: flip.from, survey, acknowledgedBy: flip.at });
  return [...new Set(missing.map(({ key }) => key))].filter((key) => !named.has(key)).sort();
}
