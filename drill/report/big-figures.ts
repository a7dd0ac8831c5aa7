import type { DrillFigures } from "../evidence/figures";
import type { BigFigure, State } from "./report-shape";
import { amount, byteSize, duration, durationRange } from "./wording";

/** What one wants to know first: how long, how much, how equal, how safe. */
export function bigFigures(figures: DrillFigures): readonly BigFigure[] {
  return [readers(figures), writers(figures), dataAtRisk(figures), parity(figures), invariants(figures)];
}

/** Data plane. */
function readers({ outages, reads }: DrillFigures): BigFigure {
  const label = "readers recover in";
  const worst = outages.reduce<(typeof outages)[number] | undefined>(
    (most, one) =>
      most === undefined || (one.rtoSeconds ?? Infinity) > (most.rtoSeconds ?? Infinity) ? one : most,
    undefined,
  );
  if (worst === undefined) {
    const meaning = `No store was broken. ${amount(reads.failed, "read")} of ${amount(reads.total, "read")} failed.`;
    return { label, value: "–", meaning, state: reads.failed === 0 ? "good" : "bad" };
  }
  const { rtoSeconds, failedReads, predictedSeconds, withinPrediction, store, fault } = worst;
  const predicted =
    predictedSeconds === null
      ? "the plan predicts nothing for it"
      : `predicted ${durationRange(predictedSeconds)}`;
  const what =
    failedReads === 0
      ? `No read failed in any outage (${predicted}).`
      : `Reads failed for this long in the worst outage (${store}: ${fault}; ${predicted}).`;
  return {
    label,
    value: rtoSeconds === null ? "not at all" : duration(rtoSeconds),
    meaning: what,
    state:
      withinPrediction === null ? "unknown" : stateOf(outages.every((one) => one.withinPrediction !== false)),
  };
}

/** Control plane, and both together. */
function writers({ recoveries, recovery, flips }: DrillFigures): BigFigure {
  const label = "writers recover in";
  if (recovery === null) {
    const planned = flips.find((flip) => flip.planned);
    const meaning =
      planned === undefined
        ? "The active store was not lost."
        : `A planned flip held writers back for ${duration(planned.writesPausedSeconds)}.`;
    return { label, value: "–", meaning, state: "unknown" };
  }
  const decided = recoveries.flatMap(({ decisionSeconds, flipSeconds }) =>
    decisionSeconds === null
      ? []
      : [`${duration(decisionSeconds)} until the flip began, ${duration(flipSeconds)} from there`],
  );
  const both = recovery.recovered
    ? `Both planes after ${duration(recovery.bothSeconds)}, and both stores equal again.`
    : "Not all of it came back before the run ended.";
  return {
    label,
    value: recovery.controlPlaneSeconds === null ? "not at all" : duration(recovery.controlPlaneSeconds),
    meaning: `From the loss of the active store until writes were acknowledged for good${decided.length === 0 ? "" : `: ${decided.join("; ")}`}. ${both}`,
    state: stateOf(recovery.recovered),
  };
}

function dataAtRisk({ rpo, targets, keys }: DrillFigures): BigFigure {
  const label = "data at risk";
  if (rpo === null) {
    const lost = keys.lost === null ? "" : ` ${amount(keys.lost.length, "object")} lost.`;
    return {
      label,
      value: "–",
      meaning: `No unplanned flip.${lost}`,
      state: keys.lost?.length === 0 ? "good" : "unknown",
    };
  }
  const atRisk = rpo.objectsAtRisk.length;
  const lost =
    rpo.objectsLost === null
      ? "Whether any object was lost is not known."
      : rpo.objectsLost.length === 0
        ? `${amount(atRisk, "object")} ${atRisk === 1 ? "was" : "were"} not on the standby; none is lost.`
        : `${amount(rpo.objectsLost.length, "object")} lost.`;
  return {
    label,
    value: `${duration(rpo.seconds)} of writes`,
    meaning: `What the standby might have lacked at the unplanned flip; in truth ${duration(rpo.exactSeconds)}. ${lost}`,
    state: stateOf(
      targets.filter(({ id }) => id === "data-at-risk" || id === "objects-lost").every(({ met }) => met),
    ),
  };
}

function parity({ parity: compared, keys, expectations }: DrillFigures): BigFigure {
  const label = "parity";
  if (compared === null)
    return { label, value: "–", meaning: "The stores were not compared.", state: "unknown" };
  const differences = compared.differences.length;
  const exceptions = amount(compared.exceptions.length, "named exception");
  const { length } = keys.conflicting;
  const conflicting = length === 0 ? "" : `, ${amount(length, "conflict")} kept on both sides`;
  const expected = expectations.find(({ id }) => id === "expected.equalAtEnd");
  return {
    label,
    value:
      differences === 0 ? `${amount(compared.objects, "object")} equal` : amount(differences, "difference"),
    meaning: `Both stores compared in bytes, headers and tags (${byteSize(compared.bytes)}); ${exceptions}${conflicting}.`,
    state: stateOf(expected?.met ?? differences === 0),
  };
}

function invariants({ invariants: all }: DrillFigures): BigFigure {
  const broken = all.filter(({ holds }) => holds === false);
  const holding = all.filter(({ holds }) => holds === true).length;
  const idle = all.filter(({ holds, applies }) => holds === undefined && !applies);
  const unchecked = all.filter(({ holds, applies }) => holds === undefined && applies);
  const rest = [
    idle.length === 0 ? "" : ` ${names(idle)} did not apply.`,
    unchecked.length === 0 ? "" : ` ${names(unchecked)} could not be checked by this run.`,
  ].join("");
  return {
    label: "invariants",
    value: `${holding} of ${all.length - idle.length} hold`,
    meaning: `${broken.length === 0 ? "What must always hold, proven from the raw event log." : `Broken: ${names(broken)}.`}${rest}`,
    state: broken.length > 0 ? "bad" : unchecked.some(({ id }) => id !== "I12") ? "unknown" : "good",
  };
}

function names(invariants: readonly { readonly id: string }[]): string {
  return invariants.map(({ id }) => id).join(", ");
}

function stateOf(good: boolean): State {
  return good ? "good" : "bad";
}
