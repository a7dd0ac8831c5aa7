import { Command, Option } from "commander";
import { wholeNumber } from "../number-options";
import { addStoreOptions, type StoreArguments } from "../stores/store-arguments";

export interface SyncArguments extends StoreArguments {
  readonly prefix?: string;
  readonly deletes: "off" | "markers";
  readonly maxDelete?: number;
  readonly concurrency?: number;
  readonly dryRun?: true;
  readonly intoActive?: true;
}

export function syncCommand(): Command {
  const command = new Command("sync")
    .summary("make one store equal to another")
    .description(
      "Makes one store equal to another, by the rules of the replicator: nothing is overwritten that does not descend from the source, nothing is deleted without proof, and every older version remains.",
    )
    .action(async (given: SyncArguments) => {
      // Imported only now, so that --help and wrong use answer at once.
      const { runSync } = await import("../sync/run-sync.js");
      await runSync(given);
    });
  return addStoreOptions(command, addOwnOptions).addHelpText("after", EXAMPLES);
}

function addOwnOptions(command: Command): Command {
  return command
    .option("--prefix <prefix>", "only keys that begin so")
    .option("--dry-run", "change nothing, and say what would be done")
    .addOption(
      new Option("--deletes <mode>", "what the source has deleted: place delete markers, or only report it")
        .choices(["off", "markers"])
        .default("markers"),
    )
    .option(
      "--max-delete <number>",
      "delete markers placed at most; if there is more to delete, none is (default: 1,000, and 10 % of the keys)",
      wholeNumber(0, 1_000_000_000),
    )
    .option(
      "--concurrency <number>",
      "objects copied at once (default: as many as the stores take, up to 256)",
      wholeNumber(1, 1024),
    )
    .option("--into-active", "allow to write into the active store");
}

const EXAMPLES = `
Examples:
  storage-failover sync --from primary --to secondary --dry-run
  storage-failover sync --from s3://assets --to https://minio.example.com/assets --prefix images/

Ctrl-C once: nothing new is begun, what is under way is finished, and the same command goes on from there.
Ctrl-C twice: leaves at once; nothing is lost, but the same command has to wait for 90 seconds.

This command ends with 0 when every key of the source is on the destination, 1 when some are not (conflicts and the
like; the summary names them), 3 when it could not reach the end, 130 when it was interrupted.`;
