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
    title: figures.scenario === null ? "Failover drill" : `Scenario: ${figures.scenario.title}`,
    passed: figures.passed,
    verdict: verdict(figures, shortcomings.length),
    shortcomings,
    setting: setting(figures),
    bigFigures: bigFigures(figures),
    tables: reportTables(figures, history, log),
  };
}

function verdict(
  { passed, complete, targets, expectations, invariants }: DrillFigures,
  shortcomings: number,
): string {
  if (passed) {
    const held = invariants.filter(({ holds }) => holds === true).length;
    const applying = invariants.filter(({ holds, applies }) => holds === true || applies).length;
    const shown = expectations.length === 0 ? "" : `all ${expectations.length} expectations came true, `;
    return `Passed: ${shown}all ${targets.length} targets met, ${held} of ${applying} invariants checked and hold.`;
  }
  if (!complete) return "Not passed: the run did not come to its end; what follows is what it had logged.";
  return `Not passed: ${shortcomings} of ${targets.length + expectations.length + invariants.length} checks found something wanting.`;
}

function findShortcomings({ targets, expectations, invariants, scenario }: DrillFigures): readonly string[] {
  return [
    ...targets
      .filter(({ met }) => !met)
      .map(({ text, value, limit, unit }) =>
        value === null
          ? `${text}: not measured`
          : `${text}: ${inUnit(value, unit)}, allowed ${inUnit(limit, unit)}`,
      ),
    ...expectations
      .filter(({ met }) => !met)
      .map(({ id, expected, found }) => `${id}: expected ${expected}, found ${found}`),
    ...invariants
      .filter(
        ({ id, holds }) => holds === false || (holds === undefined && id !== "I12" && scenario === null),
      )
      .map(({ id, text, evidence, holds }) =>
        holds === false ? `${id} is broken: ${text}` : `${id}: ${evidence}`,
      ),
  ];
}

function setting({ scenario, stores, speed, startedAt, machineSeconds }: DrillFigures): string {
  const scale =
    speed === 1
      ? "Time is real time."
      : `Time is scaled: 1 s of this run stands for ${speed} s of the real deployment, and every figure is in the real deployment's time unless it says otherwise.`;
  const proves = scenario === null ? "" : `What it shows: ${scenario.proves} `;
  return `${proves}Primary ${productName(stores.primary)}, secondary ${productName(stores.secondary)}, started ${startedAt}, ran ${duration(machineSeconds)}. ${scale}`;
}
