import type { Range } from "../../lib/objectives";
import { type Distribution, distributionOf } from "./distribution";

/** Most that a measured mean may differ from the predicted one, as a share. */
export const AGREEMENT = 0.03;

/** Moments are spread evenly, so that the mean of few is off by no more than the range's share of about this many of them. */
const STRAY_MOMENTS = 3;

/** Arithmetic with fractions of seconds, not a measurement's resolution. */
const ROUNDING_SECONDS = 1e-6;

/** One figure: what the plan predicts, what was measured, and whether the two agree. */
export interface JudgedFigure {
  readonly predicted: Range;
  readonly measured: Distribution;
  /** Measured mean less predicted, as a share of the predicted; null where nothing is predicted but zero. */
  readonly meanDifference: number | null;
  /** Whether the means agree within 3 %, or within chance, and nothing lies outside the predicted range. */
  readonly agrees: boolean;
}

export function judged(samples: readonly number[], predicted: Range): JudgedFigure {
  const measured = distributionOf(samples, predicted);
  const off = measured.mean - predicted.mean;
  const allowed = Math.max(
    AGREEMENT * predicted.mean,
    (STRAY_MOMENTS * (predicted.worst - predicted.best)) / measured.count,
    ROUNDING_SECONDS,
  );
  const isInRange =
    measured.best >= predicted.best - ROUNDING_SECONDS &&
    measured.worst <= predicted.worst + ROUNDING_SECONDS;
  return {
    predicted,
    measured,
    meanDifference: predicted.mean === 0 ? null : off / predicted.mean,
    agrees: isInRange && Math.abs(off) <= allowed,
  };
}
