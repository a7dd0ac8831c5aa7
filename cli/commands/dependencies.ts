import { Command } from "commander";
import { DEFAULT_SYNTHESIZED_FOLDER, type PlanPlace } from "../stores/planned-stack";
import { addOutputOptions, addStackPrefix } from "../stores/store-arguments";

export interface DependenciesArguments extends PlanPlace {
  readonly dependencies?: readonly string[];
  readonly check?: true;
  readonly json?: true;
  readonly verbose?: true;
}

/** For every command that looks at contracts. */
export const DEPENDENCIES_OPTION = [
  "--dependencies <path...>",
  "files or folders with contracts of your own (default: dependencies.d, where there is one)",
] as const;

export function dependenciesCommand(): Command {
  const command = new Command("dependencies")
    .summary("what the service and its recovery depend on")
    .description(
      "Shows what the service and its recovery depend on, and what happens without it. With --check it proves that nothing which a flip needs falls with what the flip recovers from, that no fallback falls with what it replaces, and that a drill takes each of them away.",
    )
    .option(...DEPENDENCIES_OPTION)
    .option("--check", "only say what is wrong with the contracts, and end with 1 where something is")
    .option(
      "--synthesized <folder>",
      `what cdktf synth wrote: every provider that it requires must be covered (default: ${DEFAULT_SYNTHESIZED_FOLDER})`,
    )
    .action(async (given: DependenciesArguments) => {
      // Imported only now, so that --help and wrong use answer at once.
      const { runDependencies } = await import("../dependencies/run-dependencies.js");
      await runDependencies(given);
    });
  return addStackPrefix(addOutputOptions(command)).addHelpText("after", EXAMPLES);
}

const EXAMPLES = `
Examples:
  storage-failover dependencies
  storage-failover dependencies --check
  storage-failover dependencies --check --dependencies contracts/orders.yaml --json

An entry of yours takes the place of ours with the same id. Nothing is asked of any cloud.

This command ends with 0, or with 1 when --check finds something.`;
