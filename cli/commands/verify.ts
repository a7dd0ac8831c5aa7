import { Command } from "commander";
import { wholeNumber } from "../number-options";
import { addStoreOptions, type StoreArguments } from "../stores/store-arguments";

export interface VerifyArguments extends StoreArguments {
  readonly prefix?: string;
  readonly quick?: true;
  readonly deep?: true;
  readonly concurrency: number;
  readonly report?: string;
}

export function verifyCommand(): Command {
  const command = new Command("verify")
    .summary("compare two stores, and change nothing")
    .description(
      "Compares two stores key by key and changes nothing: keys, sizes, ETags, headers and user metadata. Replication's own stamps and keys are left out.",
    )
    .action(async (given: VerifyArguments) => {
      // Imported only now, so that --help and wrong use answer at once.
      const { runVerify } = await import("../verify/run-verify.js");
      await runVerify(given);
    });
  return addStoreOptions(command, addOwnOptions).addHelpText("after", EXAMPLES);
}

function addOwnOptions(command: Command): Command {
  return command
    .option("--prefix <prefix>", "only keys that begin so")
    .option("--quick", "compare what the listings show: keys, sizes, ETags; two requests for 1,000 keys")
    .option("--deep", "read every object on both sides, and compare bytes and tags too")
    .option("--concurrency <number>", "keys compared at once", wholeNumber(1, 1024), 32)
    .option("--report <file>", "write every difference to this file, as JSON");
}

const EXAMPLES = `
Examples:
  storage-failover verify --from primary --to secondary
  storage-failover verify --from s3://assets --to https://minio.example.com/assets --deep --report differences.json

This command ends with 0 when both sides are equal, 1 when they differ, 3 when it could not be finished.`;
