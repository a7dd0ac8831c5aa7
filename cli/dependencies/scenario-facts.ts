import { readdir, readFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { parse } from "yaml";
import { errorCode } from "../../drill/machine/caught-error";
import type { ScenarioFacts } from "../../operate/dependencies/check-dependencies";
import { isRecord, textAt } from "../bootstrap/json";

/** The drill's scenarios in a clone; a package comes without them. */
const SCENARIOS_FOLDER = resolve(__dirname, "../../drill/scenarios");

/** What each scenario takes away; undefined where there are no scenarios. */
export async function readScenarioFacts(
  folder = SCENARIOS_FOLDER,
): Promise<readonly ScenarioFacts[] | undefined> {
  const files = await namesIn(folder);
  const scenarios = files.filter((name) => name.endsWith(".yaml"));
  if (scenarios.length === 0) return undefined;
  return Promise.all(
    scenarios.map(async (name) => scenarioFacts(parse(await readFile(join(folder, name), "utf8")))),
  );
}

/** Of a parsed file: whether it is valid is the drill's to say. */
export function scenarioFacts(scenario: unknown): ScenarioFacts {
  const steps = isRecord(scenario) && Array.isArray(scenario.steps) ? scenario.steps : [];
  return {
    id: textAt(scenario, "id") ?? "",
    faultTargets: [...new Set(steps.flatMap((step: unknown) => textAt(step, "fault", "target") ?? []))],
    flips: steps.some((step: unknown) => isRecord(step) && ("apply" in step || isFlip(step.operator))),
  };
}

/** `flip …` as words of the command line, whether they are the step itself or a member of it. */
function isFlip(operator: unknown): boolean {
  const words = Array.isArray(operator) ? operator : isRecord(operator) ? Object.values(operator).flat() : [];
  return words[0] === "flip" && words.includes("--to");
}

async function namesIn(folder: string): Promise<readonly string[]> {
  try {
    return (await readdir(folder)).sort();
  } catch (error) {
    if (errorCode(error) === "ENOENT") return [];
    throw error;
  }
}
