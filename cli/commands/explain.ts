import { Command } from "commander";
import { DEFAULT_SYNTHESIZED_FOLDER, type PlanPlace } from "../stores/planned-stack";
import { addOutputOptions, addStackPrefix } from "../stores/store-arguments";
import { DEPENDENCIES_OPTION } from "./dependencies";

export interface ExplainArguments extends PlanPlace {
  readonly synthesize?: true;
  readonly dependencies?: readonly string[];
  readonly json?: true;
  readonly verbose?: true;
}

export function explainCommand(): Command {
  const command = new Command("explain")
    .summary("what a flip will change, how long things take, what is not protected")
    .description(
      "Explains this deployment from its plan: what a flip changes, for how long reads will fail and which writes may be lost, what depends on what, and what nothing here protects. Nobody is asked, nothing is changed.",
    )
    .option(
      "--synthesize",
      "run the app of this folder for both values of the toggle, and compare all stacks",
    )
    .option(...DEPENDENCIES_OPTION)
    .option("--synthesized <folder>", `what cdktf synth wrote (default: ${DEFAULT_SYNTHESIZED_FOLDER})`)
    .action(async (given: ExplainArguments) => {
      // Imported only now, so that --help and wrong use answer at once.
      const { runExplain } = await import("../explain/run-explain.js");
      await runExplain(given);
    });
  return addStackPrefix(addOutputOptions(command)).addHelpText("after", EXAMPLES);
}

const EXAMPLES = `
Examples:
  storage-failover explain
  storage-failover explain --synthesize
  storage-failover explain --json | jq .recovery

The predictions are computed from the plan's own numbers, and the drill measures against them. This command ends with 0.`;
