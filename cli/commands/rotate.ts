import { Command, Option } from "commander";
import { addDropletOptions, type DropletArguments } from "../enroll/droplet-arguments";
import { DEFAULT_GRACE_SECONDS } from "../enroll/grace";
import { wholeNumber } from "../number-options";

export interface RotateArguments extends DropletArguments {
  readonly grace: number;
  readonly keepOld?: true;
  readonly finish?: true;
  readonly originSecret?: true;
}

export function rotateCommand(): Command {
  const command = new Command("rotate")
    .summary("replace the replicator's key pair, or the origin secret, without an interruption")
    .description(
      "Replaces the replicator's key pair while it works: makes a new one on the droplet, writes it to AWS Secrets Manager, waits until every function has read it, and removes the old one. With --origin-secret it does the droplet's part of replacing the secret that readers' requests carry.",
    )
    .action(async (given: RotateArguments) => {
      // Imported only now, so that --help and wrong use answer at once.
      const { runRotate } = await import("../enroll/run-enroll.js");
      await runRotate(given);
    });
  return addDropletOptions(command, addOwnOptions).addHelpText("after", EXAMPLES);
}

function addOwnOptions(command: Command): Command {
  return command
    .option(
      "--grace <seconds>",
      "how long both key pairs stay valid",
      wholeNumber(0, 86_400),
      DEFAULT_GRACE_SECONDS,
    )
    .addOption(new Option("--keep-old", "do not wait, and remove nothing").conflicts("finish"))
    .option(
      "--finish",
      "only remove what is old: the end of a rotation that was interrupted, or kept the old",
    )
    .addOption(
      new Option(
        "--origin-secret",
        "the origin secret instead of the key pair: TF_VAR_origin_secret (new) and TF_VAR_previous_origin_secret; with --finish the new one alone",
      ).conflicts("keepOld"),
    );
}

const EXAMPLES = `
Examples:
  storage-failover rotate --host-key SHA256:…
  storage-failover rotate --host-key SHA256:… --finish
  storage-failover rotate --host-key SHA256:… --origin-secret

Both key pairs are valid from the moment the new one is written until the old one is removed, so it may be interrupted
at any point: the same command begins anew and removes whatever was left, and --finish does the rest only. Functions read
the secret every five minutes, hence the default; and once more when the store refuses a pair.

This command ends with 0 when it is done, 1 when something was refused, 3 when the droplet, the store or Secrets Manager
could not be reached, 130 when it was interrupted.`;
