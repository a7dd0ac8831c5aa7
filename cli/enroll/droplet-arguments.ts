import { type Command, Option } from "commander";
import { wholeNumber } from "../number-options";
import { addOneStoreOptions, type OneStoreArguments } from "../stores/store-arguments";

/** How the droplet is reached, as commander hands it over. */
export interface SshArguments {
  readonly host?: string;
  readonly port?: number;
  readonly user: string;
  readonly identity?: string;
  readonly hostKey?: string;
}

export interface DropletArguments extends SshArguments, OneStoreArguments {
  readonly secret?: string;
  readonly region?: string;
}

/** Adds how the droplet is reached over SSH. */
export function addSshOptions(command: Command): Command {
  return command
    .option(
      "--host-key <key>",
      "the droplet's host key: SHA256:… or a known_hosts line, or a file with either",
    )
    .option("--host <name>", "host name or address for SSH (default: the store's own host)")
    .option(
      "--port <number>",
      "port for SSH (default: as ssh is configured, else 22)",
      wholeNumber(1, 65_535),
    )
    .option("--user <name>", "user with root's rights on the droplet", "root")
    .option(
      "--identity <file>",
      "private key file (default: what ssh finds: agent, configuration, usual files)",
    );
}

/** Adds what `enroll` and `rotate` have in common: droplet, secret and store. */
export function addDropletOptions(command: Command, addOwn: (command: Command) => Command): Command {
  const store = "the store that the key pair is for (default: secondary)";
  return addOneStoreOptions(command, store, (stored) =>
    addOwn(
      addSshOptions(stored)
        .option(
          "--secret <name>",
          "secret in AWS Secrets Manager (default: the one that the store is configured with)",
        )
        .addOption(
          new Option(
            "--region <region>",
            "AWS region of the secret (default: the replicator's, as planned; else as the AWS SDK finds it)",
          ),
        ),
    ),
  );
}
