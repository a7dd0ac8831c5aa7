import type { DrillFigures } from "../evidence/figures";
import type { RunHistory } from "../evidence/run-history";
import { bigFigures } from "./big-figures";
import type { LogReference, ReportContents } from "./report-shape";
import { reportTables } from "./tables";
import { duration, inUnit, productName } from "./wording";

export function reportContents(
  figures: DrillFigures,
  history: RunHistory,
  log: LogReference,
): ReportContents {
  const shortcomings = findShortcomings(figures);
  return {
    title: "Failover drill",
    passed: figures.passed,
    verdict: verdict(figures, shortcomings.length),
    shortcomings,
    setting: setting(figures),
    bigFigures: bigFigures(figures),
    tables: reportTables(figures, history, log),
  };
}

function verdict({ passed, complete, targets, invariants }: DrillFigures, shortcomings: number): string {
  if (passed) {
    const held = invariants.filter(({ holds }) => holds === true).length;
    return `Passed: all ${targets.length} targets met, ${held} of ${invariants.length} invariants checked and hold.`;
  }
  if (!complete) return "Not passed: the run did not come to its end; what follows is what it had logged.";
  return `Not passed: ${shortcomings} of ${targets.length + invariants.length} checks found something wanting.`;
}

function findShortcomings({ targets, invariants }: DrillFigures): readonly string[] {
  return [
    ...targets
      .filter(({ met }) => !met)
      .map(({ text, value, limit, unit }) =>
        value === null
          ? `${text}: not measured`
          : `${text}: ${inUnit(value, unit)}, allowed ${inUnit(limit, unit)}`,
      ),
    ...invariants
      .filter(({ id, holds }) => holds === false || (holds === undefined && id !== "I12"))
      .map(({ id, text, evidence, holds }) =>
        holds === false ? `${id} is broken: ${text}` : `${id}: ${evidence}`,
      ),
  ];
}

function setting({ stores, speed, startedAt, machineSeconds }: DrillFigures): string {
  const scale =
    speed === 1
      ? "Time is real time."
      : `Time is scaled: 1 s of this run stands for ${speed} s of the real deployment, and every figure is in the real deployment's time unless it says otherwise.`;
  return `Primary ${productName(stores.primary)}, secondary ${productName(stores.secondary)}, started ${startedAt}, ran ${duration(machineSeconds)}. ${scale}`;
}
