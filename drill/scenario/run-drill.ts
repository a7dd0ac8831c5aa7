import { join } from "node:path";
import { allEnded } from "../machine/all-ended";
import { type IndexEntry, writeIndex } from "../report/index-page";
import { prepareReportFolder } from "../report/report-folder";
import { planFolders, synthesizeBoth } from "../stage/both-plans";
import { Cleanup } from "../stage/cleanup";
import { repositoryCommit } from "../stage/repository-commit";
import type { StoreKind } from "../stage/store-kind";
import { temporaryFolder } from "../stage/test-bed";
import { hasOperator } from "./needs";
import { bundleOperatorProgram } from "./operator-program";
import { type PlainTable, runScenario, type ScenarioResult } from "./run-scenario";
import type { Scenario } from "./schema";

export interface DrillOptions {
  readonly scenarios: readonly Scenario[];
  readonly stores: StoreKind;
  readonly seed: number;
  /** Instead of each scenario's own. */
  readonly speed?: number;
  /** Gets a folder for each scenario; created when missing. */
  readonly reportFolder: string;
  readonly signal: AbortSignal;
  readonly progress: DrillProgress;
  /** Contracts of what a scenario takes away, for its report. @default - none */
  readonly contractsOf?: (scenarioId: string) => PlainTable;
}

/** What a drill tells whoever watches it. */
export interface DrillProgress {
  /** Both values of the toggle have been synthesized. */
  prepared(seconds: number): void;
  began(scenario: Scenario): void;
  update(words: string): void;
  ended(result: ScenarioResult): void;
}

function entryOf({ scenario, report: { figures }, problem }: ScenarioResult): IndexEntry {
  return { folder: scenario.id, figures, problem };
}

/**
 * Plays scenarios one after the other, each on stores of its own, all with the same synthesized plans.
 *
 * @throws ReportFolderError, ServerUnavailableError, an error of what could not be started, or the signal's reason
 */
export async function runDrill(options: DrillOptions): Promise<readonly ScenarioResult[]> {
  const cleanup = new Cleanup();
  const { scenarios, signal, progress } = options;
  try {
    const began = performance.now();
    for (const { id } of scenarios) prepareReportFolder(join(options.reportFolder, id));
    const folder = await temporaryFolder("drill", cleanup);
    const [both, commit, program] = await allEnded([
      synthesizeBoth(folder, signal),
      repositoryCommit(),
      scenarios.some(hasOperator) ? bundleOperatorProgram(join(folder, "bin")) : "",
    ]);
    progress.prepared((performance.now() - began) / 1000);
    const results: ScenarioResult[] = [];
    for (const scenario of scenarios) {
      signal.throwIfAborted();
      progress.began(scenario);
      const result = await runScenario(scenario, {
        ...options,
        both,
        commit,
        contracts: options.contractsOf?.(scenario.id),
        program,
        planFolders: planFolders(folder),
        reportFolder: join(options.reportFolder, scenario.id),
        onProgress: (words) => progress.update(words),
      });
      results.push(result);
      progress.ended(result);
      // After each: what was drilled before an interruption can be looked at.
      writeIndex(options.reportFolder, results.map(entryOf));
    }
    return results;
  } catch (error) {
    // Whatever was under way fails in its own words when it is stopped.
    signal.throwIfAborted();
    throw error;
  } finally {
    await cleanup.run();
  }
}
