import { existsSync, readdirSync } from "node:fs";
import { join, resolve } from "node:path";
import { readScenario } from "./read-scenario";
import type { Scenario } from "./schema";

/** Where the project's own scenarios are. */
export const SCENARIO_FOLDER = join(__dirname, "..", "scenarios");

/** Nobody knows a scenario of this name. */
export class UnknownScenarioError extends Error {
  public override readonly name = "UnknownScenarioError";
}

/** Names of the project's own scenarios, sorted. */
export function scenarioIds(): readonly string[] {
  return readdirSync(SCENARIO_FOLDER)
    .filter((file) => file.endsWith(".yaml"))
    .map((file) => file.slice(0, -".yaml".length))
    .sort();
}

/** @throws ScenarioFileError */
export function allScenarios(): readonly Scenario[] {
  return scenarioIds().map((id) => readScenario(join(SCENARIO_FOLDER, `${id}.yaml`)));
}

/**
 * A scenario of the project by its id, or of the user by its path.
 *
 * @throws UnknownScenarioError, ScenarioFileError
 */
export function findScenario(name: string): Scenario {
  if (/[/\\]|\.ya?ml$/.test(name)) {
    if (!existsSync(name)) throw new UnknownScenarioError(`there is no file ${resolve(name)}`);
    return readScenario(name);
  }
  if (!scenarioIds().includes(name)) {
    throw new UnknownScenarioError(
      `there is no scenario "${name}"; see: storage-failover drill --list, or give the path of a file`,
    );
  }
  return readScenario(join(SCENARIO_FOLDER, `${name}.yaml`));
}
