import type { Range } from "../../lib/objectives";

/** What many measurements of one figure come to. */
export interface Distribution {
  readonly count: number;
  readonly best: number;
  readonly median: number;
  readonly mean: number;
  readonly p95: number;
  readonly worst: number;
  readonly histogram: Histogram;
}

export interface Histogram {
  readonly from: number;
  readonly binWidth: number;
  readonly counts: readonly number[];
}

const BINS = 24;

/** @param range what the histogram spans at least */
export function distributionOf(
  samples: readonly number[],
  range: Pick<Range, "best" | "worst">,
): Distribution {
  if (samples.length === 0) throw new RangeError("nothing was measured");
  const sorted = Float64Array.from(samples).sort();
  const at = (share: number) =>
    sorted[Math.min(sorted.length - 1, Math.ceil(share * sorted.length) - 1)] ?? 0;
  const [best, worst] = [sorted[0] ?? 0, sorted.at(-1) ?? 0];
  const mean = sorted.reduce((sum, value) => sum + value, 0) / sorted.length;
  return {
    count: sorted.length,
    best,
    median: at(0.5),
    mean,
    p95: at(0.95),
    worst,
    histogram: histogramOf(sorted.filter(Number.isFinite), range),
  };
}

function histogramOf(finite: Float64Array, range: Pick<Range, "best" | "worst">): Histogram {
  const from = Math.min(finite[0] ?? range.best, range.best);
  const to = Math.max(finite.at(-1) ?? range.worst, range.worst);
  const binWidth = (to - from) / BINS || 1;
  const counts = Array<number>(BINS).fill(0);
  for (const value of finite) {
    const bin = Math.min(BINS - 1, Math.floor((value - from) / binWidth));
    counts[bin] = (counts[bin] ?? 0) + 1;
  }
  return { from, binWidth, counts };
}
