import { Command, Option } from "commander";
import { addStoreOptions } from "../stores/store-arguments";
import type { ExceptionArguments } from "./conflicts";

interface StrayArguments extends ExceptionArguments {
  readonly delete?: true;
  readonly restore?: true;
}

export function straysCommand(): Command {
  const command = new Command("strays")
    .summary("show and resolve keys that only the destination has")
    .description(
      "Shows the keys that only the destination has, without proof that the source deleted them; and deletes them there, or restores them on the source.",
    )
    .action(async (given: StrayArguments) => {
      // Imported only now, so that --help and wrong use answer at once.
      const { runExceptions } = await import("../exceptions/run-exceptions.js");
      await runExceptions({
        command: "strays",
        kinds: ["stray"],
        given,
        resolution: given.delete ? "delete" : given.restore && "restore",
        resolutionOptions: "--delete or --restore",
        sourceOption: "--restore",
      });
    });
  return addStoreOptions(command, addOwnOptions).addHelpText("after", EXAMPLES);
}

function addOwnOptions(command: Command): Command {
  const place = "place a delete marker on the destination; the object remains below it";
  return command
    .option("--prefix <prefix>", "only keys that begin so")
    .option("--resolve <key>", "resolve this key; needs --delete or --restore")
    .option("--all", "resolve all of them; needs --delete or --restore, and --yes")
    .addOption(new Option("--delete", place).conflicts("restore"))
    .option("--restore", "copy the object into the source; needs --into-active")
    .option("--yes", "with --all: do it")
    .option("--into-active", "allow to write into the active store");
}

const EXAMPLES = `
Without --from and --to: from the active store of the configuration, as the marker says, to the standby.

Examples:
  storage-failover strays
  storage-failover strays --resolve images/old.png --delete
  storage-failover strays --all --restore --into-active --yes

This command ends with 0 when there are none, or when all that it was told to resolve is resolved; else with 1.`;
