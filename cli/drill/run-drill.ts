import { resolve } from "node:path";
import { ScenarioFileError } from "../../drill/scenario/read-scenario";
import { runDrill } from "../../drill/scenario/run-drill";
import type { ScenarioResult } from "../../drill/scenario/run-scenario";
import { allScenarios, findScenario, UnknownScenarioError } from "../../drill/scenario/scenario-files";
import type { Scenario } from "../../drill/scenario/schema";
import { contractsTable, takenAwayBy } from "../../operate/dependencies/contracts-table";
import { readAllContracts } from "../dependencies/read-all-contracts";
import { EXIT } from "../exit-codes";
import { InterruptedError } from "../interruptible";
import { runCommand } from "../run-command";
import { WrongUseError } from "../wrong-use-error";
import type { DrillArguments } from "./drill-arguments";
import { TerminalDrillProgress } from "./drill-progress";
import { drillSummary, listLine, shortcomings } from "./drill-text";
import { refuseStagingOptions, type StagingArguments } from "./staging-options";
import { refuseVirtualOptions, type VirtualArguments } from "./virtual-options";

/** `storage-failover drill` on stores of this machine: sets the exit code, never rejects. */
export async function runScenarios(
  names: readonly string[],
  given: DrillArguments & VirtualArguments & StagingArguments,
): Promise<void> {
  let progress: TerminalDrillProgress | undefined;
  await runCommand({
    task: async (signal) => {
      refuseVirtualOptions(given);
      refuseStagingOptions(given);
      const scenarios = chosen(names, given);
      if (given.list === true) return list(scenarios, given);
      progress = new TerminalDrillProgress(given.json ? process.stderr : process.stdout, scenarios.length);
      return play(scenarios, names, given, progress, signal);
    },
    stopping: "stopping what was started …",
    interruption: new InterruptedError("interrupted"),
    verbose: given.verbose,
    onFailure: () => progress?.fail(),
  });
}

async function play(
  scenarios: readonly Scenario[],
  names: readonly string[],
  given: DrillArguments,
  progress: TerminalDrillProgress,
  signal: AbortSignal,
): Promise<number> {
  const began = performance.now();
  const reportFolder = resolve(given.report);
  progress.print(
    `storage-failover drill · ${scenarios.length} scenario${scenarios.length === 1 ? "" : "s"} · stores: ${given.stores} · figures are in the real deployment's time\n`,
  );
  const contracts = await readAllContracts(undefined);
  const contractsOf = (scenarioId: string) => contractsTable(takenAwayBy(scenarioId, contracts));
  const results = await runDrill({ ...given, scenarios, reportFolder, signal, progress, contractsOf });
  const passed = results.every((result) => result.passed);
  const seconds = (performance.now() - began) / 1000;
  if (given.json) process.stdout.write(`${JSON.stringify(asJson(results, seconds), null, 2)}\n`);
  else progress.print(drillSummary(results, reportFolder, seconds, again(results, names, given)));
  return passed ? EXIT.done : EXIT.wanting;
}

/** A scenario of one's own is named as it was: by its path. */
function again(
  results: readonly ScenarioResult[],
  names: readonly string[],
  { stores }: DrillArguments,
): string {
  const wanting = results.flatMap(({ passed, scenario }, index) =>
    passed ? [] : [names[index] ?? scenario.id],
  );
  return ["storage-failover drill", ...wanting, ...(stores === "real" ? ["--stores real"] : [])].join(" ");
}

/** @throws WrongUseError */
function chosen(names: readonly string[], { all, set, list: lists }: DrillArguments): readonly Scenario[] {
  const ways = [names.length > 0, all === true, set !== undefined].filter(Boolean).length;
  if (ways > 1) throw new WrongUseError("name scenarios, or give --all, or --set; not several of them");
  try {
    if (names.length > 0) return distinct(names.map(findScenario));
    const scenarios = allScenarios();
    if (all === true || set === "nightly" || (lists === true && set === undefined)) return scenarios;
    if (set === "ci") return scenarios.filter(({ sets }) => sets.includes("ci"));
  } catch (error) {
    if (error instanceof UnknownScenarioError || error instanceof ScenarioFileError) {
      throw new WrongUseError(error.message, { cause: error });
    }
    throw error;
  }
  throw new WrongUseError("which scenarios? name some, or give --all or --set ci; --list shows them");
}

/** Each has a report folder of its name. @throws WrongUseError */
function distinct(scenarios: readonly Scenario[]): readonly Scenario[] {
  const ids = scenarios.map(({ id }) => id);
  const twice = ids.find((id, index) => ids.indexOf(id) !== index);
  if (twice !== undefined)
    throw new WrongUseError(
      `"${twice}" is there twice; name each scenario once, and call your own otherwise`,
    );
  return scenarios;
}

function list(scenarios: readonly Scenario[], { json }: DrillArguments): number {
  const width = Math.max(...scenarios.map(({ id }) => id.length));
  const text = json
    ? JSON.stringify(
        { scenarios: scenarios.map(({ id, title, proves, sets }) => ({ id, title, proves, sets })) },
        null,
        2,
      )
    : scenarios.map((scenario) => listLine(scenario, width)).join("\n");
  process.stdout.write(`${text}\n`);
  return EXIT.done;
}

function asJson(results: readonly ScenarioResult[], seconds: number) {
  return {
    command: "drill",
    passed: results.every((result) => result.passed),
    machineSeconds: Math.round(seconds * 10) / 10,
    scenarios: results.map((result) => ({
      id: result.scenario.id,
      title: result.scenario.title,
      passed: result.passed,
      problem: result.problem,
      shortcomings: shortcomings(result),
      machineSeconds: Math.round(result.seconds * 10) / 10,
      report: result.report.files.json,
      figures: result.report.figures,
    })),
  };
}
