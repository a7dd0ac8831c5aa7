import { Command } from "commander";
import { addOneStoreOptions, type OneStoreArguments } from "../stores/store-arguments";

export interface ProbeStoreArguments extends OneStoreArguments {
  readonly intoActive?: true;
}

export function probeStoreCommand(): Command {
  const command = new Command("probe-store")
    .summary("find out whether a store can be replicated into")
    .description(
      "Tries what replication wants of an S3-compatible store: conditional writes, ETags, uploads in parts, versions, delete markers, tags, listings, odd keys. It writes below .storage-failover/probe/ only, about 5 MiB, and removes all of it, older versions too.",
    )
    .action(async (given: ProbeStoreArguments) => {
      // Imported only now, so that --help and wrong use answer at once.
      const { runProbeStore } = await import("../probe-store/run-probe-store.js");
      await runProbeStore(given);
    });
  const store = "the store to try: primary, secondary, or an address (see below)";
  return addOneStoreOptions(command, store, (own) =>
    own.option("--into-active", "allow to write into the active store"),
  ).addHelpText("after", EXAMPLES);
}

const EXAMPLES = `
Examples:
  storage-failover probe-store --store https://minio.example.com/assets
  storage-failover probe-store --store secondary --json

This command ends with 0 when the store is suitable (if need be without deletions), 1 when it is not, or when it could not
be told, 3 when it could not be reached.`;
