import { Command, Option } from "commander";
import type { StoreKind } from "../../drill/stage/store-kind";
import { speedFactor, wholeNumber } from "../number-options";

export interface LocalArguments {
  readonly stores: StoreKind;
  readonly speed: number;
  readonly seed: number;
  readonly load: boolean;
  readonly verbose?: true;
  readonly json?: true;
}

export function localCommand(): Command {
  return new Command("local")
    .summary("a deployment on this machine, to try flips and the runbook on")
    .description(
      "Starts the deployment that the project synthesizes on this machine, with stores, edge, Cloudflare's API, resolvers and replicator, and keeps it up until Ctrl-C: with its own runbook, and a shell environment in which every command works on it. Nothing leaves this machine.",
    )
    .addOption(
      new Option("--stores <kind>", "embedded: works anywhere; real: LocalStack and MinIO")
        .choices(["embedded", "real"])
        .default("embedded"),
    )
    .option(
      "--speed <factor>",
      "seconds of the real deployment that pass in one second here",
      speedFactor,
      30,
    )
    .option(
      "--seed <number>",
      "fixes what is generated, read and written in which order",
      wholeNumber(0, Number.MAX_SAFE_INTEGER),
      1,
    )
    .option("--no-load", "nobody reads or writes but you")
    .option("--json", "print one object a line: first where everything is, then what happens")
    .option("--verbose", "show the stack trace of an error")
    .addHelpText("after", EXAMPLES)
    .action(async (given: LocalArguments) => {
      // Imported only now, so that --help and wrong use answer at once.
      const { runLocal } = await import("../local/run-local.js");
      await runLocal(given);
    });
}

const EXAMPLES = `
Examples:
  storage-failover local
  storage-failover local --stores real --speed 10

In another terminal:
  source .storage-failover/local/env.sh
  less RUNBOOK.md

Typed where the deployment runs, with Enter:
  lose primary     kills the store, as if its cloud were lost; or: lose secondary
  mend primary     brings it back with what it held

Ctrl-C ends everything that was started and removes the folder.

This command ends with 0 after that; 1 when it could not be started; 2 when one is up already; 3 when a server could not be
had; 130 when it was interrupted before it was up.`;
