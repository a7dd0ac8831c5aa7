import { Command, Option } from "commander";
import type { DrillArguments } from "../drill/drill-arguments";
import { addStagingOptions, type StagingArguments } from "../drill/staging-options";
import { addVirtualOptions, type VirtualArguments } from "../drill/virtual-options";
import { speedFactor, wholeNumber } from "../number-options";

type Given = DrillArguments & VirtualArguments & StagingArguments;

/** The drills that need the whole repository. */
export interface CloneDrills {
  scenarios(names: readonly string[], given: Given): Promise<void>;
  staging(names: readonly string[], given: Given): Promise<void>;
}

export function drillCommand(drills: CloneDrills = NEEDS_CLONE): Command {
  const command = new Command("drill")
    .summary("rehearse outages and flips on this machine, scenario by scenario")
    .description(
      "Rehearses outages and flips: plays scenarios on stores of this machine with the plans that the project synthesizes, and reports for each whether it came out as expected.",
    )
    .argument("[scenario...]", "ids of the project's scenarios, or paths of files of your own")
    .option("--all", "every scenario of the project")
    .option("--list", "print scenarios and play none")
    .addOption(new Option("--set <name>", "ci: a chosen few; nightly: all").choices(["ci", "nightly"]))
    .addOption(
      new Option("--stores <kind>", "embedded: works anywhere; real: LocalStack and MinIO")
        .choices(["embedded", "real"])
        .default("embedded"),
    )
    .option(
      "--speed <factor>",
      "seconds of the real deployment that pass in one second here (default: each scenario's own)",
      speedFactor,
    )
    .option(
      "--seed <number>",
      "fixes what is generated, read and written in which order",
      wholeNumber(0, Number.MAX_SAFE_INTEGER),
      1,
    )
    .option("--report <folder>", "gets a folder for each scenario, with report and event log", "drill-report")
    .option("--json", "print one object, and nothing else, to standard output")
    .option("--verbose", "show the stack trace of an error")
    .action(async (names: string[], given: Given) => {
      if (given.target !== undefined) return drills.staging(names, given);
      if (!given.virtual) return drills.scenarios(names, given);
      // Imported only now, so that --help and wrong use answer at once.
      const { runVirtualDrill } = await import("../drill/run-virtual.js");
      await runVirtualDrill(names, given);
    });
  return addStagingOptions(addVirtualOptions(command)).addHelpText("after", EXAMPLES);
}

const NEEDS_CLONE: CloneDrills = { scenarios: refuseOutsideClone, staging: refuseOutsideClone };

async function refuseOutsideClone(_names: readonly string[], { verbose }: Given): Promise<void> {
  const [{ runCommand }, { WrongUseError }] = await Promise.all([
    import("../run-command.js"),
    import("../wrong-use-error.js"),
  ]);
  const task = () =>
    Promise.reject(
      new WrongUseError(
        "scenarios and --target staging need a clone of the repository, which has stores, edge and scenarios: npm ci, then npm run drill -- --list; this command line has: storage-failover drill --virtual",
      ),
    );
  await runCommand({ task, stopping: "stopping …", verbose });
}

const EXAMPLES = `
Examples:
  storage-failover drill --list
  storage-failover drill primary-killed
  storage-failover drill --set ci
  storage-failover drill --all --stores real
  storage-failover drill ./my-scenario.yaml
  storage-failover drill --virtual --runs 10000
  storage-failover drill --virtual --compare interval=15,30,60
  storage-failover drill --target staging --config staging.yaml
  storage-failover drill --target staging --mend

With --target staging, the key pair that may write a store's health object is in PRIMARY_ACCESS_KEY_ID and
PRIMARY_SECRET_ACCESS_KEY, or SECONDARY_…; without them: the secret that the configuration names, else the AWS SDK's chain.

Scenarios and --target staging need a clone of the repository; --virtual needs nothing but a plan.
How to write a scenario, and what each proves: docs/drills.md

This command ends with 0 when every scenario came out as expected (with --virtual: as predicted), 1 when one did not, or the drill was refused or ended early, 3 when a server could not be had or something could not be
mended, 130 when it was interrupted.`;
