import { Command } from "commander";
import { addDropletOptions, type DropletArguments } from "../enroll/droplet-arguments";

export interface EnrollArguments extends DropletArguments {
  readonly again?: true;
  readonly originSecretFromEnv?: true;
}

export function enrollCommand(): Command {
  const command = new Command("enroll")
    .summary("give the replicator its key pair for the secondary")
    .description(
      "Makes the replicator's key pair on the droplet over SSH and writes it straight to AWS Secrets Manager. It is never printed and never written to this machine. Where the secret holds a pair that the store accepts, nothing is done.",
    )
    .action(async (given: EnrollArguments) => {
      // Imported only now, so that --help and wrong use answer at once.
      const { runEnroll } = await import("../enroll/run-enroll.js");
      await runEnroll(given);
    });
  return addDropletOptions(command, addOwnOptions).addHelpText("after", EXAMPLES);
}

function addOwnOptions(command: Command): Command {
  return command
    .option(
      "--again",
      "replace a pair that works; whoever uses it reads the secret again on the first refusal",
    )
    .option(
      "--origin-secret-from-env",
      "send TF_VAR_origin_secret, and TF_VAR_previous_origin_secret if it is set, to the droplet too",
    );
}

const EXAMPLES = `
Examples:
  storage-failover enroll --host-key SHA256:…
  storage-failover enroll --host-key droplet.pub --host 203.0.113.7 --identity ~/.ssh/droplet

It connects with this machine's ssh, accepts the given host key and no other, and writes with the AWS credentials of
whoever runs it: secretsmanager:GetSecretValue, PutSecretValue, CreateSecret and TagResource on that secret. If the secret
cannot be written, the new key pair is removed from the droplet again.

This command ends with 0 when the secret holds a pair that the store accepts, 1 when something was refused, 3 when the
droplet, the store or Secrets Manager could not be reached.`;
