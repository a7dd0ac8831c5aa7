import type { StoreName } from "../../contract/stores";
import type { RunHistory } from "./run-history";

/** 50, 95 and 99 of 100 took no longer. */
export interface Percentiles {
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
}

/** What readers and writers met in one phase. */
export interface PhaseFigures {
  readonly phase: string;
  /** Seconds of the real deployment, into the run. */
  readonly atSeconds: number;
  readonly lastedSeconds: number;
  readonly reads: number;
  readonly failedReads: number;
  /** Good reads by the store that answered. */
  readonly servedBy: Readonly<Record<StoreName, number>>;
  /** How long good reads took, in milliseconds of this machine: not scaled. Null when there was none. */
  readonly latency: Percentiles | null;
  readonly writes: number;
  /** Refused, or without an answer. */
  readonly failedWrites: number;
}

export function phaseFigures(history: RunHistory): readonly PhaseFigures[] {
  return history.phases.map(({ phase, at, end: open }) => {
    const end = Math.min(open, history.end);
    const isIn = (event: { readonly at: number }) => event.at >= at && event.at < open;
    const reads = history.of("read").filter(isIn);
    const good = reads.filter(({ outcome }) => outcome === "ok");
    const writes = history.of("write").filter(isIn);
    return {
      phase,
      atSeconds: history.seconds(at),
      lastedSeconds: history.seconds(end - at),
      reads: reads.length,
      failedReads: reads.length - good.length,
      servedBy: {
        primary: good.filter(({ store }) => store === "primary").length,
        secondary: good.filter(({ store }) => store === "secondary").length,
      },
      latency: percentiles(good.map((read) => read.end - read.at)),
      writes: writes.length,
      failedWrites: writes.filter(({ outcome }) => outcome !== "acknowledged").length,
    };
  });
}

/** In milliseconds of the machine; null without any. */
export function percentiles(times: readonly number[]): Percentiles | null {
  if (times.length === 0) return null;
  const sorted = [...times].sort((left, right) => left - right);
  return { p50: quantile(sorted, 0.5), p95: quantile(sorted, 0.95), p99: quantile(sorted, 0.99) };
}

/** Nearest rank, to the tenth. */
function quantile(sorted: readonly number[], share: number): number {
  const value = sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? 0;
  return Math.round(value * 10) / 10;
}
