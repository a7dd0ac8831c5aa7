import { plannedRegion } from "../stores/configured-stores";
import { openStore } from "../stores/open-stores";
import { plannedStack } from "../stores/planned-stack";
import { planPlace, storeOptions } from "../stores/store-arguments";
import { WrongUseError } from "../wrong-use-error";
import type { DropletArguments } from "./droplet-arguments";
import type { VaultOptions } from "./pair-vault";
import type { SshTarget } from "./ssh-connection";
import { sshTarget } from "./ssh-target";

type Environment = Readonly<Record<string, string | undefined>>;

/** Where a key pair is made, and where it goes. */
export interface EnrollmentTarget {
  /** As `--store` names it. */
  readonly store: string;
  /** For people. */
  readonly label: string;
  readonly ssh: SshTarget;
  readonly vault: VaultOptions;
  /** Begins the names of the stacks, where the plan here says so. */
  readonly stackPrefix: string;
}

/** @throws WrongUseError when the options and the configuration do not say enough */
export async function enrollmentTarget(
  given: DropletArguments,
  environment: Environment,
): Promise<EnrollmentTarget> {
  const store = given.store ?? "secondary";
  const opened = await openStore(storeOptions(given, store), { ...planPlace(given), environment });
  opened.client.close();
  const { name, config, place, label } = opened;
  const secretName = given.secret ?? (name && config?.stores[name].credentialsSecret);
  if (!secretName) {
    const why =
      name === undefined ? `${label} is not configured here` : `${name} is configured without a secret`;
    throw new WrongUseError(`--secret is missing: ${why}; give the name of the secret`);
  }
  const replication = await plannedStack(planPlace(given), "replication");
  return {
    store,
    label,
    ssh: sshTarget(given, new URL(place.endpoint).hostname, environment),
    vault: {
      secretName,
      region: given.region ?? plannedRegion(replication),
      description: `Key pair of the replicator for ${label}`,
    },
    stackPrefix: replication.prefix,
  };
}
