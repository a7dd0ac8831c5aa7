/** `npm run check:policy`: the Rego rules themselves, then every synthesized stack of this repository against them. */
import path from "node:path";
import { PLAN_RULE_IDS } from "../lib/checks/plan-rules";
import { type GateTools, runGate } from "./gates/gate";
import { flipPairs, type JudgedPlan, plansOf } from "./gates/judged-plans";
import { judge, OPA_REMEDY, obtainOpa, POLICY_FOLDER } from "./gates/opa";
import { runProgram } from "./gates/run-program";
import { synthesizeApps } from "./gates/synthesized-apps";

async function checkPolicy(tools: GateTools): Promise<string | undefined> {
  const opa = await obtainOpa(tools.context);
  if (opa === undefined) {
    return `OPA cannot be had: ${OPA_REMEDY}`;
  }
  await checkRules(opa, tools);
  const apps = await synthesizeApps(tools.folder);
  const plans = plansOf(apps);
  const flips = flipPairs(apps);
  const broken =
    (await checkPlans(opa, "data.storage_failover.violations", plans, tools)) +
    (await checkPlans(opa, "data.storage_failover.flip.violations", flips, tools));
  console.log(` ${plans.length} plans and ${flips.length} flips judged, ${broken} violations`);
  return undefined;
}

/** That the rules are valid, formatted, and do what their own tests say. */
async function checkRules(opa: string, { done, wanting }: GateTools): Promise<void> {
  const folder = path.relative(process.cwd(), POLICY_FOLDER);
  const steps = [
    ["strict check", ["check", "--strict", folder]],
    ["format", ["fmt", "--fail", "--diff", folder]],
    ["tests", ["test", folder]],
  ] as const;
  for (const [name, args] of steps) {
    try {
      const output = await runProgram(opa, args);
      const figure = /^PASS: (\d+)\/\d+/m.exec(output)?.[1];
      done(`rules: ${name}${figure === undefined ? "" : `, ${figure} passed`}`);
    } catch (error) {
      wanting(`rules: ${name}\n${error instanceof Error ? error.message : String(error)}`);
    }
  }
  done(`rules: ${PLAN_RULE_IDS.length} in ${folder}`);
}

async function checkPlans(
  opa: string,
  rules: string,
  plans: readonly JudgedPlan[],
  { done, wanting }: GateTools,
): Promise<number> {
  const verdicts = await judge(
    opa,
    rules,
    plans.map(({ input }) => input),
  );
  for (const [index, { name }] of plans.entries()) {
    const violations = verdicts[index] ?? [];
    if (violations.length === 0) {
      done(`${name}: no violation`);
    }
    for (const { message } of violations) {
      wanting(`${name}: ${message}`);
    }
  }
  return verdicts.flat().length;
}

void runGate(checkPolicy);
