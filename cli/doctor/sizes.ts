import type { DoctorArguments } from "../commands/doctor";
import { withSsh } from "../enroll/ssh-connection";
import { pinnedHostKey, sshTarget } from "../enroll/ssh-target";
import { configuredStores } from "../stores/configured-stores";
import type { ReachableStore } from "../stores/open-stores";
import { planPlace } from "../stores/store-arguments";
import { WrongUseError } from "../wrong-use-error";
import { type Amount, type BucketSize, bucketSize } from "./bucket-size";
import { givenVolume, measuredVolume, plannedVolume, type Volume } from "./volume";

/** As given, else by listing all of it. */
export async function sizeOfBucket(
  given: DoctorArguments,
  open: () => Promise<ReachableStore>,
  signal: AbortSignal,
  onProgress: (current: Amount) => void,
): Promise<BucketSize> {
  const { bucketBytes } = given;
  if (bucketBytes !== undefined)
    return { current: { objects: 0, bytes: bucketBytes, diskBytes: bucketBytes } };
  const opened = await open();
  try {
    const { client, connection } = opened;
    return await bucketSize({ client, connection, signal, onProgress });
  } finally {
    opened.client.close();
  }
}

/** As given, else as measured where the droplet can be reached, else as planned. */
export async function sizeOfVolume(given: DoctorArguments): Promise<Volume> {
  const { volumeGib, hostKey } = given;
  if (volumeGib !== undefined) return givenVolume(volumeGib);
  if (hostKey !== undefined) return askDroplet(given);
  const planned = await plannedVolume(planPlace(given));
  if (planned !== undefined) return planned;
  throw new WrongUseError(
    "the size of the standby's volume is not known: no plan here has one; run npx cdktf synth, or give --volume-gib, or --host-key to ask the droplet",
  );
}

async function askDroplet(given: DoctorArguments): Promise<Volume> {
  const { hostKey } = given;
  const config = await configuredStores({ ...planPlace(given), environment: process.env });
  const host = config && new URL(config.stores.secondary.endpoint).hostname;
  if (host === undefined && given.host === undefined) {
    throw new WrongUseError("--host is missing: no stores are configured here");
  }
  const target = sshTarget(given, host ?? "", process.env);
  const pinned = await pinnedHostKey(hostKey, target);
  return withSsh(target, pinned, (shell) => measuredVolume(shell, target.host));
}
