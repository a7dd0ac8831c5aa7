import { otherStore, type StoreName } from "../../contract/stores";
import type { OutageKind, Range } from "../../lib/objectives";
import type { ReadDone } from "./events";
import type { FaultKind } from "./fault-kinds";
import type { StoreFault } from "./fault-spans";
import type { RunHistory, Span } from "./run-history";

/** What readers went through while a store was broken, in seconds of the real deployment. */
export interface OutageFigures {
  readonly store: StoreName;
  readonly fault: FaultKind;
  readonly detail: string | null;
  /** Whether writers used the store when it broke. */
  readonly role: "active" | "standby";
  /** Into the run. */
  readonly atSeconds: number;
  /** Until it was mended, or the other store broke too; null when it never was. */
  readonly lastedSeconds: number | null;
  /** From the first failed read, or the fault while it was under way, to the first good one after the last failed one; 0 when none failed, null when it never got well. */
  readonly rtoSeconds: number | null;
  /** From the fault until the edge's monitors had that store's pool down; null when they never did. */
  readonly detectionSeconds: number | null;
  /** From the fault to the first failed read; null when none failed. */
  readonly firstFailedReadSeconds: number | null;
  /** From the mending until the monitors had the pool up again; null when they had not, or never had it down. */
  readonly returnSeconds: number | null;
  /** From the fault until the other store alone served readers; null when this one had not served them before, or went on to. */
  readonly movedSeconds: number | null;
  /** From the mending until this store served readers again; null unless they had been moved. */
  readonly movedBackSeconds: number | null;
  readonly failedReads: number;
  readonly reads: number;
  /** The edge's own retries on the other pool. */
  readonly edgeRetries: number;
  /** As which kind of outage the plan predicts it; null when it predicts none. */
  readonly predictedAs: OutageKind | null;
  /** The plan's prediction of `rtoSeconds`; null where it makes none. */
  readonly predictedSeconds: Range | null;
  /** Whether `rtoSeconds` lies in the predicted range, give or take the measurement's own resolution; null without one. */
  readonly withinPrediction: boolean | null;
  /** The same of `detectionSeconds`. */
  readonly predictedDetectionSeconds: Range | null;
  readonly detectedAsPredicted: boolean | null;
  /** What both comparisons allow beyond the range: reader period, and the worst machine delay until readers were well and the outage was noticed. */
  readonly toleranceSeconds: number;
}

/** Faults that the monitors may act on, and with which the store still answers readers. */
const READABLE: ReadonlySet<FaultKind> = new Set([
  "wrong-health-body",
  "health-object-removed",
  "pool-disabled",
  "slow",
]);

/** Of these the edge's readers are rid at once, and its monitors only when their time-outs are over: packets are lost, not refused. */
const SILENT: ReadonlySet<FaultKind> = new Set(["unreachable"]);

const NOTHING: Range = { best: 0, mean: 0, worst: 0 };

/** All outages of stores, in order. */
export function allOutages(history: RunHistory): readonly OutageFigures[] {
  return history.storeFaults.map((fault) => figuresOf(history, fault));
}

/** The figures of the first outage of that kind; null when the log has none. */
export function outageFigures(history: RunHistory, fault: FaultKind): OutageFigures | null {
  const injected = history.storeFaults.find((span) => span.fault === fault);
  return injected === undefined ? null : figuresOf(history, injected);
}

function figuresOf(history: RunHistory, fault: StoreFault): OutageFigures {
  const { target: store, at } = fault;
  const span = outageSpan(history, fault);
  // What was under way when the other store broke too met that outage, not this one.
  const reads = history.readsDuring(span).filter(({ end }) => span.end === fault.end || end < span.end);
  const failed = reads.filter(({ outcome }) => outcome === "failed");
  const lasting = lastingGood(history.of("read"), failed);
  const rto = recoveryMilliseconds(failed, lasting, at);
  const rtoSeconds = rto === null ? null : history.seconds(rto);
  const changes = history.of("pool").filter((change) => change.store === store && change.at >= at);
  const noticed = changes.find((change) => !change.healthy && change.at < span.end);
  const detectionSeconds = noticed === undefined ? null : history.seconds(noticed.at - at);
  const returned = noticed && changes.find((change) => change.healthy && change.at >= fault.end);
  const [firstFailed] = failed;
  const predicted = predictionOf(history, fault, span, noticed !== undefined);
  const tolerance = history.toleranceSecondsIn({ at, end: Math.max(at, lasting?.at ?? 0, noticed?.at ?? 0) });
  return {
    store,
    fault: fault.fault,
    detail: fault.detail ?? null,
    role: history.activeAt(at) === store ? "active" : "standby",
    atSeconds: history.seconds(at),
    lastedSeconds: Number.isFinite(span.end) ? history.seconds(span.end - at) : null,
    rtoSeconds,
    detectionSeconds,
    firstFailedReadSeconds:
      firstFailed === undefined ? null : history.seconds(Math.max(0, firstFailed.at - at)),
    returnSeconds: returned === undefined ? null : history.seconds(returned.at - fault.end),
    ...readersMoves(history, fault, span),
    failedReads: failed.length,
    reads: reads.length,
    edgeRetries: history
      .of("edge-retry")
      .filter(({ at: tried, from }) => from === store && within(tried, span)).length,
    predictedAs: fault.outage,
    predictedSeconds: predicted.recovery,
    withinPrediction: predicted.recovery && isWithin(rtoSeconds, predicted.recovery, tolerance),
    predictedDetectionSeconds: predicted.detection,
    detectedAsPredicted: predicted.detection && isWithin(detectionSeconds, predicted.detection, tolerance),
    toleranceSeconds: tolerance,
  };
}

/** Who served readers, by the answers that name a store. */
function readersMoves(
  history: RunHistory,
  { target, at, end: mended }: StoreFault,
  { end }: Span,
): Pick<OutageFigures, "movedSeconds" | "movedBackSeconds"> {
  const served = history.of("read").filter((read) => read.store !== undefined && read.outcome === "ok");
  const during = served.filter((read) => within(read.at, { at, end }));
  const lastOwn = during.findLast(({ store }) => store === target)?.at ?? at;
  const moved = during.find((read) => read.at >= lastOwn && read.store !== target);
  if (served.findLast((read) => read.at < at)?.store !== target || moved === undefined) {
    return { movedSeconds: null, movedBackSeconds: null };
  }
  const next = history.storeFaults.find((fault) => fault.at > at && fault.at >= mended)?.at;
  const back = served.find(
    (read) => read.at >= mended && read.at < (next ?? Infinity) && read.store === target,
  );
  return {
    movedSeconds: history.seconds(moved.at - at),
    movedBackSeconds: back === undefined ? null : history.seconds(back.at - mended),
  };
}

/** Readers depend on the preferred store alone, and only while the other one is well. An outage may end before it is noticed. */
function predictionOf(
  history: RunHistory,
  { target, at, fault, outage }: StoreFault,
  { end }: Span,
  wasNoticed: boolean,
) {
  const none = { recovery: null, detection: null };
  if (outage === null || history.faultAt(otherStore(target), at) !== undefined) return none;
  const { recovery, detection } = history.start.predicted;
  const lastedSeconds = history.seconds(end - at);
  const harms = history.preferredAt(at) === target && !READABLE.has(fault);
  const expected = harms ? recovery[outage] : NOTHING;
  const noticing = detection[SILENT.has(fault) ? "hanging" : outage];
  return {
    recovery: wasNoticed || lastedSeconds >= expected.worst ? expected : null,
    detection: wasNoticed || lastedSeconds >= noticing.worst ? noticing : null,
  };
}

/** While the fault lasted, and the other store was as it was when it began. */
function outageSpan(history: RunHistory, { at, end, target }: StoreFault): Span {
  const other = history.storeFaults.find(
    (fault) => fault.target !== target && fault.at > at && fault.at < end,
  );
  return { at, end: other?.at ?? end };
}

/** @param tolerance - the measurement's own resolution, in the same unit */
export function isWithin(value: number | null, { best, worst }: Range, tolerance: number): boolean {
  return value !== null && value >= best - tolerance && value <= worst + tolerance;
}

/**
 * From the first failed read to the first of the lasting good ones; null when there is none. Of a read that was under way when the store
 * broke, only what came after that counts: before, it was slow.
 */
function recoveryMilliseconds(
  failed: readonly ReadDone[],
  lasting: ReadDone | null,
  brokenAt: number,
): number | null {
  const [first] = failed;
  if (first === undefined) return 0;
  return lasting === null ? null : Math.max(0, lasting.at - Math.max(first.at, brokenAt));
}

/** The first good read after the last failed one; null when there is none, or none failed. */
export function lastingGood(reads: readonly ReadDone[], failed: readonly ReadDone[]): ReadDone | null {
  const last = failed.at(-1);
  return (last && reads.find(({ at, outcome }) => outcome === "ok" && at > last.at)) ?? null;
}

function within(at: number, span: Span): boolean {
  return at >= span.at && at < span.end;
}
