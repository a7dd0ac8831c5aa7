import { join, relative } from "node:path";
import type { DrillFigures } from "../../drill/evidence/figures";
import { duration, durationRange } from "../../drill/report/wording";
import type { ScenarioResult } from "../../drill/scenario/run-scenario";
import type { Scenario } from "../../drill/scenario/schema";
import colors from "../colors";

const TITLE_WIDTH = 52;

/** Mark, title, recovery time measured and predicted, what was lost, time; below it, what was wanting. */
export function scenarioLine(result: ScenarioResult): string {
  const { scenario, passed, report, seconds } = result;
  const mark = passed ? colors.green("✔") : colors.red("✘");
  const line = ` ${mark} ${scenario.title.padEnd(TITLE_WIDTH)} ${figuresOf(report.figures)}  ${colors.dim(`${seconds.toFixed(0)} s`)}`;
  return [line, ...shortcomings(result).map((text) => colors.red(`     ✘ ${text}`))].join("\n");
}

function figuresOf({ outages, keys }: DrillFigures): string {
  const [worst] = outages.toSorted(
    (one, other) => (other.rtoSeconds ?? Infinity) - (one.rtoSeconds ?? Infinity),
  );
  const lost = keys.lost === null ? "" : `lost ${keys.lost.length}`;
  if (worst === undefined) return lost;
  const { rtoSeconds, predictedSeconds: predicted, toleranceSeconds } = worst;
  const failed = rtoSeconds === null ? "reads failed to the end" : `reads failed ${duration(rtoSeconds)}`;
  if (predicted === null) return `${failed}  ${lost}`;
  // A figure beside its range raises a question, which the resolution answers.
  const isBeside = rtoSeconds !== null && (rtoSeconds < predicted.best || rtoSeconds > predicted.worst);
  const resolution = isBeside ? `, give or take ${duration(toleranceSeconds)}` : "";
  return `${failed} (predicted ${durationRange(predicted)}${resolution})  ${lost}`;
}

/** Why a scenario did not come out as expected, one sentence each. */
export function shortcomings({ problem, report, passed }: ScenarioResult): readonly string[] {
  if (passed) return [];
  const found = failedChecks(report.figures, problem);
  return problem === undefined ? found : [problem, ...found];
}

/** @param problem - why the story was broken off; undefined when it was not */
export function failedChecks(figures: DrillFigures, problem: string | undefined): readonly string[] {
  const broken = figures.invariants
    .filter(({ holds }) => holds === false)
    .flatMap(({ id, text, violations }) => [`${id} is broken: ${text}`, ...violations.slice(0, 3)]);
  // A story that was broken off leaves open what comes later: only what is certain is said of it.
  if (problem !== undefined) return broken;
  return [
    ...figures.expectations
      .filter(({ met }) => !met)
      .map(({ id, expected, found }) => `${id}: expected ${expected}, found ${found}`),
    ...figures.targets
      .filter(({ met }) => met === false)
      .map(
        ({ text, value, limit, unit }) =>
          `${text}: ${value ?? "not measured"} ${unit} (at most ${limit} ${unit})`,
      ),
    ...broken,
  ];
}

/**
 * The end of a drill, able to stand alone.
 *
 * @param again - the command that plays once more what was wanting
 */
export function drillSummary(
  results: readonly ScenarioResult[],
  reportFolder: string,
  machineSeconds: number,
  again: string,
): string {
  const passed = results.filter((result) => result.passed).length;
  const verdict = passed === results.length ? colors.green("passed") : colors.red("failed");
  return [
    "",
    ` ${verdict}   ${passed} of ${results.length} scenarios came out as expected, in ${duration(machineSeconds)}`,
    ...(passed === results.length ? [] : [`          again: ${again}`]),
    `          reports: ${join(relative(process.cwd(), reportFolder), "index.html")}   (for each scenario: html, md, json and raw log)`,
  ].join("\n");
}

/** One line for a scenario. */
export function listLine({ id, sets, title }: Scenario, width: number): string {
  return `  ${id.padEnd(width)}  ${sets.includes("ci") ? "ci " : "   "} ${title}`;
}
