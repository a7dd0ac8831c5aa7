import { STORE_NAMES, type StoreName } from "../../contract/stores";
import { FAULT_TARGETS, type FaultTarget } from "../evidence/fault-kinds";
import { type LagPoint, lagPoints } from "../evidence/lag";
import { type Percentiles, percentiles } from "../evidence/phases";
import type { RunHistory } from "../evidence/run-history";
import { phaseName } from "./moments";

/** What the picture shows. All times are seconds of the real deployment since the run began. */
export interface Timeline {
  readonly endSeconds: number;
  readonly phases: readonly Segment[];
  readonly readers: ReaderBins;
  /** Of good reads, in milliseconds of the machine. */
  readonly latency: readonly LatencyPoint[];
  /** Now less the sync point; null where there is none to measure from. */
  readonly lag: readonly LagPoint[];
  readonly lanes: readonly Lane[];
  readonly flips: readonly { readonly at: number; readonly fenceEnds: number; readonly to: StoreName }[];
}

export interface Segment {
  readonly from: number;
  readonly to: number;
  readonly label: string;
  readonly kind:
    | "phase"
    | "primary"
    | "secondary"
    | "broken"
    | "unhealthy"
    | "paused"
    | "operator"
    | "refused";
}

export interface Lane {
  readonly name: string;
  readonly segments: readonly Segment[];
}

/** Reads per second of the machine, by who answered, in bins of equal length. */
export interface ReaderBins {
  readonly binSeconds: number;
  readonly bins: readonly ReaderBin[];
}

export interface ReaderBin {
  readonly from: number;
  readonly primary: number;
  readonly secondary: number;
  readonly failed: number;
}

export interface LatencyPoint extends Percentiles {
  readonly from: number;
}

const BINS = 150;
/** Fewer and longer, so that a share of the reads in one is many. */
const LATENCY_BINS = 50;

export function timelineOf(history: RunHistory): Timeline {
  const seconds = (at: number) => history.seconds(at);
  return {
    endSeconds: seconds(history.end),
    phases: history.phases.map(({ phase, at, end }) => ({
      from: seconds(at),
      to: seconds(Math.min(end, history.end)),
      label: phaseName(phase),
      kind: "phase",
    })),
    readers: readerBins(history),
    latency: latencyPoints(history),
    lag: lagPoints(history),
    lanes: [
      ...brokenTargets(history).map((target) => ({ name: target, segments: faultSegments(history, target) })),
      ...STORE_NAMES.map((store) => ({ name: `${store} pool`, segments: poolSegments(history, store) })),
      { name: "writer", segments: writerSegments(history) },
      ...operatorLanes(history),
    ],
    flips: history.flips.map(({ at, to }) => ({
      at: seconds(at),
      fenceEnds: seconds(at + history.fenceMilliseconds),
      to,
    })),
  };
}

function readerBins(history: RunHistory): ReaderBins {
  const width = Math.max(1, history.end / BINS);
  const counts = Array.from({ length: BINS }, () => ({ primary: 0, secondary: 0, failed: 0 }));
  for (const { at, outcome, store } of history.of("read")) {
    const bin = counts[Math.min(BINS - 1, Math.max(0, Math.floor(at / width)))];
    if (bin === undefined) continue;
    if (outcome === "failed") bin.failed += 1;
    else if (store !== undefined) bin[store] += 1;
  }
  return {
    binSeconds: history.seconds(width),
    bins: counts.map((bin, index) => ({ from: history.seconds(index * width), ...bin })),
  };
}

/** Bins without a good read are left out. */
function latencyPoints(history: RunHistory): readonly LatencyPoint[] {
  const width = Math.max(1, history.end / LATENCY_BINS);
  const bins = Array.from({ length: LATENCY_BINS }, (): number[] => []);
  for (const { at, end, outcome } of history.of("read")) {
    if (outcome === "ok") bins[Math.min(LATENCY_BINS - 1, Math.floor(at / width))]?.push(end - at);
  }
  return bins.flatMap((times, index) => {
    const shares = percentiles(times);
    return shares === null ? [] : [{ from: history.seconds((index + 0.5) * width), ...shares }];
  });
}

/** Both stores always, whatever else only if it was broken. */
function brokenTargets({ faults }: RunHistory): readonly FaultTarget[] {
  return FAULT_TARGETS.filter(
    (target) =>
      STORE_NAMES.some((store) => store === target) || faults.some((fault) => fault.target === target),
  );
}

function faultSegments(history: RunHistory, target: FaultTarget): readonly Segment[] {
  return history.faults
    .filter((fault) => fault.target === target)
    .map(({ at, end, fault }) => segment(history, at, end, fault.replace("answers-", ""), "broken"));
}

/** Commands that ran at the same time are on lanes of their own. */
function operatorLanes(history: RunHistory): readonly Lane[] {
  const lanes: { end: number; readonly segments: Segment[] }[] = [];
  for (const { at, end, command, exitCode } of history.of("operator")) {
    const free = lanes.find((candidate) => candidate.end <= at);
    const lane = free ?? { end, segments: [] };
    if (free === undefined) lanes.push(lane);
    lane.end = end;
    lane.segments.push(segment(history, at, end, command[0] ?? "", exitCode === 0 ? "operator" : "refused"));
  }
  return lanes.map(({ segments }, index) => ({
    name: index === 0 ? "operator" : `operator ${index + 1}`,
    segments,
  }));
}

function poolSegments(history: RunHistory, store: StoreName): readonly Segment[] {
  const changes = history.of("pool").filter((event) => event.store === store);
  return changes.flatMap(({ at, healthy }, index) =>
    healthy ? [] : [segment(history, at, changes[index + 1]?.at, "unhealthy", "unhealthy")],
  );
}

function writerSegments(history: RunHistory): readonly Segment[] {
  const moves = history.of("writer");
  return moves.map(({ at, store, state }, index) =>
    state === "paused"
      ? segment(history, at, moves[index + 1]?.at, "holds back", "paused")
      : segment(history, at, moves[index + 1]?.at, store, store),
  );
}

function segment(
  history: RunHistory,
  from: number,
  to: number | undefined,
  label: string,
  kind: Segment["kind"],
): Segment {
  return {
    from: history.seconds(from),
    to: history.seconds(Math.min(to ?? history.end, history.end)),
    label,
    kind,
  };
}
