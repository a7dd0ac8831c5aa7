import type { DrillFigures } from "../evidence/figures";
import type { BigFigure, State } from "./report-shape";
import { amount, byteSize, duration, durationRange } from "./wording";

/** What one wants to know first: how long, how much, how equal, how safe. */
export function bigFigures(figures: DrillFigures): readonly BigFigure[] {
  return [recovery(figures), dataAtRisk(figures), parity(figures), invariants(figures)];
}

function recovery({ failover, kill, targets }: DrillFigures): BigFigure {
  const label = "recovery time";
  if (failover === null) return { label, value: "–", meaning: "no outage was measured", state: "unknown" };
  const killed =
    kill === null
      ? ""
      : kill.failedReads === 0
        ? " When its process was killed instead, no read failed."
        : ` When its process was killed instead: ${duration(kill.rtoSeconds)}, ${amount(kill.failedReads, "failed read")}.`;
  return {
    label,
    value: duration(failover.rtoSeconds),
    meaning: `Reads failed for this long when ${failover.store} answered 503 to everything (predicted ${durationRange(failover.predictedSeconds)}).${killed}`,
    state: stateOf(
      targets.filter(({ id }) => id.includes("recovery") || id === "kill-predicted").every(({ met }) => met),
    ),
  };
}

function dataAtRisk({ rpo, targets }: DrillFigures): BigFigure {
  const label = "data at risk";
  if (rpo === null) return { label, value: "–", meaning: "no store was lost", state: "unknown" };
  const lost =
    rpo.objectsLost === null
      ? "Whether any object was lost is not known."
      : rpo.objectsLost.length === 0
        ? `${amount(rpo.objectsAtRisk.length, "object")} were not on the standby; all were found again, none is lost.`.replace(
            "1 object were",
            "1 object was",
          )
        : `${amount(rpo.objectsLost.length, "object")} lost.`;
  return {
    label,
    value: `${duration(rpo.seconds)} of writes`,
    meaning: `What the standby might have lacked when the primary was lost; in truth ${duration(rpo.exactSeconds)}. ${lost}`,
    state: stateOf(
      targets.filter(({ id }) => id === "data-at-risk" || id === "objects-lost").every(({ met }) => met),
    ),
  };
}

function parity({ parity: compared, conflicts }: DrillFigures): BigFigure {
  const label = "parity";
  if (compared === null)
    return { label, value: "–", meaning: "the stores were not compared", state: "unknown" };
  const differences = compared.differences.length;
  const exceptions = amount(compared.exceptions.length, "named exception");
  const conflicting =
    conflicts.length === 0 ? "" : `, ${amount(conflicts.length, "conflict")} kept on both sides`;
  return {
    label,
    value:
      differences === 0 ? `${amount(compared.objects, "object")} equal` : amount(differences, "difference"),
    meaning: `Both stores compared in bytes, headers and tags (${byteSize(compared.bytes)}); ${exceptions}${conflicting}.`,
    state: stateOf(differences === 0),
  };
}

function invariants({ invariants: all }: DrillFigures): BigFigure {
  const broken = all.filter(({ holds }) => holds === false);
  const unchecked = all.filter(({ holds }) => holds === undefined);
  const names = broken.map(({ id }) => id).join(", ");
  const rest =
    unchecked.length === 0
      ? ""
      : ` ${unchecked.map(({ id }) => id).join(", ")} could not be checked by this run.`;
  return {
    label: "invariants",
    value: `${all.length - broken.length - unchecked.length} of ${all.length} hold`,
    meaning: `${broken.length === 0 ? "What must always hold, proven from the raw event log." : `Broken: ${names}.`}${rest}`,
    state: broken.length > 0 ? "bad" : unchecked.some(({ id }) => id !== "I12") ? "unknown" : "good",
  };
}

function stateOf(good: boolean): State {
  return good ? "good" : "bad";
}
