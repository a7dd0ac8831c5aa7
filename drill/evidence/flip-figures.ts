import type { StoreName } from "../../contract/stores";
import type { ReadDone, WriterMoved } from "./events";
import type { FaultKind } from "./fault-kinds";
import type { Flip } from "./flips";
import { missingWrites } from "./missing-writes";
import { firstWriteAfter } from "./recovery";
import { type Exposure, exposureOf } from "./recovery-point";
import type { RunHistory, Span } from "./run-history";

/** What one change of the active store did. Seconds are of the real deployment. */
export interface FlipFigures {
  readonly from: StoreName;
  readonly to: StoreName;
  /** Into the run. */
  readonly atSeconds: number;
  /** Whether writers were asked to hold back first. */
  readonly planned: boolean;
  /** What the store that was left suffered from; null when it was well. */
  readonly fault: FaultKind | null;
  /** The operator's command; null when a plan was applied by other means. */
  readonly command: string | null;
  /** Paths of the synthesized JSON that the plan changed; null for a flip through Cloudflare's API alone. */
  readonly changedPaths: readonly string[] | null;
  /** From the marker to the load balancer's order; null when the order never followed. */
  readonly orderSeconds: number | null;
  /** From the flip until the writer was acknowledged by the new active store; null when it never was. */
  readonly writerSeconds: number | null;
  /** How long the writer held back for it, before and after. */
  readonly writesPausedSeconds: number;
  /** The longest time for which readers got nothing, by failed reads or by none at all; null while a store was broken. */
  readonly interruptionSeconds: number | null;
  readonly failedReads: number;
  readonly reads: number;
  /** What an unplanned flip put at risk; null for a planned one. */
  readonly exposure: Exposure | null;
  /** Keys whose value, acknowledged before the flip, is not on the new active store at the end, named exceptions aside; null while not known. */
  readonly lost: readonly string[] | null;
}

export function flipFigures(history: RunHistory): readonly FlipFigures[] {
  return history.flips.map((flip) => figuresOf(history, flip));
}

function figuresOf(history: RunHistory, flip: Flip): FlipFigures {
  const span = flipSpan(history, flip);
  const reads = history.readsDuring(span);
  const moved = firstWriteAfter(history, flip);
  const brokenMeanwhile = history.storeFaults.some(({ at, end }) => at < span.end && end > span.at);
  const resolution = 2 * history.start.readerPeriodMilliseconds + history.machineDelayMilliseconds;
  return {
    from: flip.from,
    to: flip.to,
    atSeconds: history.seconds(flip.at),
    planned: flip.pausedAt !== undefined,
    fault: history.faultAt(flip.from, flip.at)?.fault ?? null,
    command: flip.command === undefined ? null : flip.command.command.join(" "),
    changedPaths: flip.plan?.changedPaths ?? null,
    orderSeconds: flip.orderedAt === undefined ? null : history.seconds(flip.orderedAt - flip.at),
    writerSeconds: moved === undefined ? null : history.seconds(moved.end - flip.at),
    writesPausedSeconds: history.seconds(
      pausedMilliseconds(history, { at: span.at, end: moved?.end ?? span.end }),
    ),
    interruptionSeconds: brokenMeanwhile
      ? null
      : history.seconds(longestInterruption(reads, span.end, resolution)),
    failedReads: reads.filter(({ outcome }) => outcome === "failed").length,
    reads: reads.length,
    exposure: flip.pausedAt === undefined ? exposureOf(history, flip) : null,
    lost: flip.pausedAt === undefined ? null : lostOnTheWay(history, flip),
  };
}

/** From the first thing that was done for the flip until a fence after the writer had moved. */
function flipSpan(history: RunHistory, flip: Flip): Span {
  const next = history.flips.find(({ at }) => at > flip.at);
  const moved = firstWriteAfter(history, flip)?.end ?? flip.at + history.fenceMilliseconds;
  const end = Math.min(
    moved + history.fenceMilliseconds,
    next === undefined ? Number.POSITIVE_INFINITY : (next.pausedAt ?? next.at),
    history.end,
  );
  return { at: flip.pausedAt ?? flip.command?.at ?? flip.at, end };
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

function pausedMilliseconds(history: RunHistory, span: Span): number {
  let paused = 0;
  let since: number | undefined = isPaused(history.of("writer").findLast(({ at }) => at < span.at))
    ? span.at
    : undefined;
  for (const event of history.of("writer").filter(({ at }) => at >= span.at && at < span.end)) {
    if (isPaused(event)) since ??= event.at;
    else if (since !== undefined) {
      paused += event.at - since;
      since = undefined;
    }
  }
  return since === undefined ? paused : paused + span.end - since;
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
