import { Command, Option } from "commander";
import { addStoreOptions, type StoreArguments } from "../stores/store-arguments";

/** What `conflicts` and `strays` have in common. */
export interface ExceptionArguments extends StoreArguments {
  readonly prefix?: string;
  readonly resolve?: string;
  readonly all?: true;
  readonly yes?: true;
  readonly intoActive?: true;
}

interface ConflictArguments extends ExceptionArguments {
  readonly keep?: "source" | "destination";
}

export function conflictsCommand(): Command {
  const command = new Command("conflicts")
    .summary("show and resolve keys that were written on both sides, or deleted on one")
    .description(
      "Shows the keys that were written on both sides, or on the destination too late to be replicated, or that were deleted on the destination and stand on the source, with both sides; and resolves them.",
    )
    .action(async (given: ConflictArguments) => {
      // Imported only now, so that --help and wrong use answer at once.
      const { runExceptions } = await import("../exceptions/run-exceptions.js");
      await runExceptions({
        command: "conflicts",
        kinds: ["conflict", "late", "deleted"],
        given,
        resolution: given.keep && `keep-${given.keep}`,
        resolutionOptions: "--keep source or --keep destination",
        sourceOption: "--keep destination",
      });
    });
  return addStoreOptions(command, addOwnOptions).addHelpText("after", EXAMPLES);
}

function addOwnOptions(command: Command): Command {
  return command
    .option("--prefix <prefix>", "only keys that begin so")
    .option("--resolve <key>", "resolve this key; needs --keep")
    .option("--all", "resolve all of them; needs --keep and --yes")
    .addOption(
      new Option(
        "--keep <side>",
        "what both sides get: this side's object, or its deletion; what that replaces remains as an older version",
      ).choices(["source", "destination"]),
    )
    .option("--yes", "with --all: do it")
    .option("--into-active", "allow to write into the active store");
}

const EXAMPLES = `
Without --from and --to: from the active store of the configuration, as the marker says, to the standby.

Examples:
  storage-failover conflicts
  storage-failover conflicts --resolve images/logo.png --keep source
  storage-failover conflicts --all --keep destination --into-active --yes

What was deleted on the destination and stands on the source: --keep source copies it back, --keep destination places a
delete marker on the source.

This command ends with 0 when there are none, or when all that it was told to resolve is resolved; else with 1.`;
