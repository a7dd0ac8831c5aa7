import { readdir } from "node:fs/promises";
import { join, resolve } from "node:path";
import { errorCode } from "../../drill/machine/caught-error";
import { readScenario } from "../../drill/scenario/read-scenario";
import type { Scenario } from "../../drill/scenario/schema";
import type { SimpleStep, Step } from "../../drill/scenario/step-schema";
import type { ScenarioFacts } from "../../operate/dependencies/check-dependencies";

/** The drill's scenarios in a clone; a package comes without them. */
const SCENARIOS_FOLDER = resolve(__dirname, "../../drill/scenarios");

/**
 * What each scenario takes away; undefined where there are no scenarios.
 *
 * @throws ScenarioFileError
 */
export async function readScenarioFacts(
  folder = SCENARIOS_FOLDER,
): Promise<readonly ScenarioFacts[] | undefined> {
  const scenarios = (await namesIn(folder)).filter((name) => name.endsWith(".yaml"));
  if (scenarios.length === 0) return undefined;
  return scenarios.map((name) => scenarioFacts(readScenario(join(folder, name))));
}

export function scenarioFacts({ id, steps }: Pick<Scenario, "id" | "steps">): ScenarioFacts {
  const simple = steps.flatMap(simpleSteps);
  const faultTargets = simple.flatMap((step) => ("fault" in step ? [step.fault.target] : []));
  return { id, faultTargets: [...new Set(faultTargets)], flips: simple.some(isFlip) };
}

function simpleSteps(step: Step): readonly SimpleStep[] {
  if ("together" in step) return step.together.flatMap(simpleSteps);
  if ("repeat" in step) return step.repeat.steps.flatMap(simpleSteps);
  return [step];
}

/** A person's flip by Cloudflare's API that ended well. What applies a plan stands for Terraform and a pipeline. */
function isFlip(step: SimpleStep): boolean {
  if (!("operator" in step)) return false;
  const { run, exit } = step.operator;
  const words = typeof run === "string" ? run.split(" ") : run;
  const via = words.indexOf("--via");
  return words[0] === "flip" && words.includes("--to") && exit === 0 && (via < 0 || words[via + 1] === "api");
}

async function namesIn(folder: string): Promise<readonly string[]> {
  try {
    return (await readdir(folder)).sort();
  } catch (error) {
    if (errorCode(error) === "ENOENT") return [];
    throw error;
  }
}
