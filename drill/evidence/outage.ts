import type { StoreName } from "../../contract/stores";
import type { Range } from "../../lib/objectives";
import type { FaultInjected, ReadDone } from "./events";
import type { RunHistory, Span } from "./run-history";

/** What readers went through in one outage, in seconds of the real deployment. */
export interface OutageFigures {
  readonly store: StoreName;
  readonly fault: "answers-503" | "killed";
  /** From the first failed read to the first good one after the last failed one; 0 when none failed, null when it never got well. */
  readonly rtoSeconds: number | null;
  /** From the fault until the edge's monitors had that store's pool down; null when they never did. */
  readonly detectionSeconds: number | null;
  /** From the fault to the first failed read; null when none failed. */
  readonly firstFailedReadSeconds: number | null;
  readonly failedReads: number;
  readonly reads: number;
  /** The edge's own retries on the other pool. */
  readonly edgeRetries: number;
  /** The plan's prediction of `rtoSeconds`. */
  readonly predictedSeconds: Range;
  /** Whether `rtoSeconds` lies in the predicted range, give or take the measurement's own resolution. */
  readonly withinPrediction: boolean;
}

/** The figures of the first outage of that kind; null when the log has none. */
export function outageFigures(history: RunHistory, fault: "answers-503" | "killed"): OutageFigures | null {
  const injected = history.of("fault").find((event) => event.fault === fault);
  if (injected === undefined) return null;
  const span = outageSpan(history, injected);
  const reads = history.readsDuring(span);
  const failed = reads.filter(({ outcome }) => outcome === "failed");
  const predictedSeconds = history.start.predicted[fault === "killed" ? "killed" : "refusing"];
  const rto = recoveryMilliseconds(history.of("read"), failed);
  const rtoSeconds = rto === null ? null : history.seconds(rto);
  const noticed = history
    .of("pool")
    .find(({ at, store, healthy }) => store === injected.store && !healthy && at >= injected.at);
  const [firstFailed] = failed;
  return {
    store: injected.store,
    fault,
    rtoSeconds,
    detectionSeconds: noticed === undefined ? null : history.seconds(noticed.at - injected.at),
    firstFailedReadSeconds:
      firstFailed === undefined ? null : history.seconds(Math.max(0, firstFailed.at - injected.at)),
    failedReads: failed.length,
    reads: reads.length,
    edgeRetries: history
      .of("edge-retry")
      .filter(({ at, from }) => from === injected.store && within(at, span)).length,
    predictedSeconds,
    withinPrediction: isWithin(rtoSeconds, predictedSeconds, history.toleranceSeconds),
  };
}

/** From the fault to the end of the phase that it was injected for. */
export function outageSpan(history: RunHistory, { at, fault }: FaultInjected): Span {
  const meant = fault === "killed" ? "kill" : "outage";
  const phase =
    history.phases.find((candidate) => candidate.phase === meant && candidate.end > at) ??
    history.phases.findLast((candidate) => candidate.at <= at);
  return { at, end: phase?.end ?? Number.POSITIVE_INFINITY };
}

export function outageSpans(history: RunHistory): readonly Span[] {
  return history
    .of("fault")
    .filter(({ fault }) => fault !== "none")
    .map((fault) => outageSpan(history, fault));
}

/** @param tolerance - the measurement's own resolution, in the same unit */
export function isWithin(value: number | null, { best, worst }: Range, tolerance: number): boolean {
  return value !== null && value >= best - tolerance && value <= worst + tolerance;
}

function recoveryMilliseconds(reads: readonly ReadDone[], failed: readonly ReadDone[]): number | null {
  const first = failed[0];
  const last = failed.at(-1);
  if (first === undefined || last === undefined) return 0;
  const lastingGood = reads.find(({ at, outcome }) => outcome === "ok" && at > last.at);
  return lastingGood === undefined ? null : lastingGood.at - first.at;
}

function within(at: number, span: Span): boolean {
  return at >= span.at && at < span.end;
}
