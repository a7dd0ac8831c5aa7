import { checkDependencies } from "../../operate/dependencies/check-dependencies";
import type { DependenciesArguments } from "../commands/dependencies";
import { EXIT } from "../exit-codes";
import { runCommand } from "../run-command";
import { planPlace } from "../stores/store-arguments";
import { contractsText, findingsText } from "./dependencies-text";
import { plannedProviders } from "./planned-providers";
import { readAllContracts } from "./read-all-contracts";
import { readScenarioFacts } from "./scenario-facts";

/** `storage-failover dependencies`: sets the exit code, never rejects. */
export function runDependencies(given: DependenciesArguments): Promise<void> {
  return runCommand({ task: () => show(given), stopping: "stopping …", verbose: given.verbose });
}

async function show(given: DependenciesArguments): Promise<number> {
  const [contracts, scenarios, requiredProviders] = await Promise.all([
    readAllContracts(given.dependencies),
    readScenarioFacts(),
    plannedProviders(planPlace(given)),
  ]);
  const findings = checkDependencies({
    contracts,
    scenarios,
    requiredProviders: requiredProviders ?? [],
  });
  const looked = { scenarios: scenarios?.length, requiredProviders };
  if (given.json) {
    const facts = {
      command: "dependencies",
      outcome: findings.length === 0 ? "well" : "wanting",
      findings,
      ...contracts,
      looked,
    };
    process.stdout.write(`${JSON.stringify(facts, null, 2)}\n`);
  } else {
    if (!given.check) process.stdout.write(`${contractsText(contracts)}\n\n`);
    process.stdout.write(`${findingsText(contracts, findings, looked)}\n`);
  }
  return given.check && findings.length > 0 ? EXIT.wanting : EXIT.done;
}
