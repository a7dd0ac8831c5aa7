import { Command, Option } from "commander";
import { type Selection, STEP_IDS, type StepId } from "../bootstrap/steps";
import { wholeNumber } from "../number-options";
import { addOutputOptions, addStackPrefix } from "../stores/store-arguments";

export interface BootstrapArguments extends Selection {
  readonly project: string;
  readonly stackPrefix?: string;
  readonly from?: StepId;
  readonly only?: StepId;
  readonly dryRun?: true;
  readonly status?: true;
  readonly yes?: true;
  readonly allowDestroy?: true;
  readonly mirror?: string;
  readonly pluginDir?: string;
  readonly platform?: readonly string[];
  /** Minutes. */
  readonly wait: number;
  readonly json?: true;
  readonly verbose?: true;
}

export function bootstrapCommand(): Command {
  return addOutputOptions(addStackPrefix(addOwnOptions(new Command("bootstrap"))))
    .addHelpText("after", EXAMPLES)
    .action(async (enrollWords: readonly string[], given: BootstrapArguments) => {
      // Imported only now, so that --help and wrong use answer at once.
      const { runBootstrap } = await import("../bootstrap/run-bootstrap.js");
      await runBootstrap(given, enrollWords);
    });
}

function addOwnOptions(command: Command): Command {
  return command
    .summary("walk through a first deployment, in the order that works")
    .description(
      "Deploys an app of StorageFailover for the first time: checks, synthesizes, makes the state's bucket and a mirror of the plugins, deploys the stacks in order, enrolls, and proves the result. Run again it goes on where it ended, and changes nothing that is done.",
    )
    .argument("[enroll-options...]", "after --: handed to enroll")
    .option("--project <folder>", "folder with cdktf.json", ".")
    .option("--dry-run", "change nothing, and say what would be run")
    .option("--status", "show what was done before")
    .addOption(new Option("--from <step>", "begin at this step").choices(STEP_IDS).conflicts("only"))
    .addOption(new Option("--only <step>", "do this step and no other").choices(STEP_IDS))
    .option("--yes", "agree to everything beforehand")
    .option("--allow-destroy", "apply plans that destroy something, too")
    .option("--mirror <folder>", "where the plugin mirror goes (default: .storage-failover/plugins)")
    .addOption(
      new Option("--plugin-dir <folder>", "take plugins from this mirror, not from the registry").env(
        "TF_PLUGIN_DIR",
      ),
    )
    .option(
      "--platform <os_arch...>",
      "platforms that the mirror serves, beside this one (default: linux_amd64)",
    )
    .option("--wait <minutes>", "how long something new may take to answer", wholeNumber(1, 240), 20);
}

const EXAMPLES = `
Steps: ${STEP_IDS.join(", ")}.

Examples:
  storage-failover bootstrap --dry-run
  storage-failover bootstrap
  storage-failover bootstrap --from replication --yes

This command ends with 0 when every step is done, 1 when something stands against it or was not agreed to, 3 when a step
could not reach its end, 130 when it was interrupted.`;
