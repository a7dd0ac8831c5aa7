import { otherStore, STORE_NAMES, type StoreName } from "../../contract/stores";
import type { RunHistory } from "../evidence/run-history";
import { PHASE_NAMES } from "./moments";

/** What the picture shows. All times are seconds of the real deployment since the run began. */
export interface Timeline {
  readonly endSeconds: number;
  readonly phases: readonly Segment[];
  readonly readers: ReaderBins;
  /** Now less the sync point; null where there is none to measure from. */
  readonly lag: readonly LagPoint[];
  readonly lanes: readonly Lane[];
  readonly flips: readonly { readonly at: number; readonly fenceEnds: number; readonly to: StoreName }[];
}

export interface Segment {
  readonly from: number;
  readonly to: number;
  readonly label: string;
  readonly kind: "phase" | "primary" | "secondary" | "broken" | "unhealthy" | "paused";
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

export interface LagPoint {
  readonly at: number;
  readonly lag: number | null;
}

const BINS = 150;

export function timelineOf(history: RunHistory): Timeline {
  const seconds = (at: number) => history.seconds(at);
  return {
    endSeconds: seconds(history.end),
    phases: history.phases.map(({ phase, at, end }) => ({
      from: seconds(at),
      to: seconds(Math.min(end, history.end)),
      label: PHASE_NAMES[phase],
      kind: "phase",
    })),
    readers: readerBins(history),
    lag: lagPoints(history),
    lanes: [
      ...STORE_NAMES.map((store) => ({ name: store, segments: faultSegments(history, store) })),
      ...STORE_NAMES.map((store) => ({ name: `${store} pool`, segments: poolSegments(history, store) })),
      { name: "writer", segments: writerSegments(history) },
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

/** A saw: it grows with time, and falls when a run reports a later sync point. A flip voids it. */
function lagPoints(history: RunHistory): readonly LagPoint[] {
  const point = (at: number, syncPoint: number | undefined): LagPoint => ({
    at: history.seconds(at),
    lag: syncPoint === undefined ? null : history.seconds(at - syncPoint),
  });
  const steps: LagPoint[] = [];
  let flipped = Number.NEGATIVE_INFINITY;
  let syncPoint: number | undefined;
  const changes = [
    ...history.flips.map(({ at }) => ({ at, report: undefined })),
    ...history.of("replication").map(({ end, at, report }) => ({ at: end, began: at, report })),
  ].sort((left, right) => left.at - right.at);
  for (const change of changes) {
    steps.push(point(change.at, syncPoint));
    if (change.report === undefined) {
      flipped = change.at;
      syncPoint = undefined;
    } else if (
      change.report.syncPoint !== undefined &&
      change.began >= flipped &&
      change.report.destination === otherStore(history.activeAt(change.at))
    ) {
      syncPoint = history.moment(change.report.syncPoint);
    }
    steps.push(point(change.at, syncPoint));
  }
  return [...steps, point(history.end, syncPoint)];
}

function faultSegments(history: RunHistory, store: StoreName): readonly Segment[] {
  const faults = history.of("fault").filter((event) => event.store === store);
  return faults.flatMap(({ at, fault }, index) => {
    if (fault === "none") return [];
    const label = fault === "killed" ? "killed" : "503";
    return [segment(history, at, faults[index + 1]?.at, label, "broken")];
  });
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
  return { from: history.seconds(from), to: history.seconds(to ?? history.end), label, kind };
}
