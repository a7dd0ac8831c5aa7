import type { RemoteShell } from "../enroll/ssh-connection";
import { RemoteCommandError } from "../enroll/ssh-errors";
import { type PlanPlace, plannedMember, plannedStack } from "../stores/planned-stack";

/** The volume that holds the standby's objects. */
export interface Volume {
  readonly bytes: number;
  /** Known where the droplet was asked. */
  readonly usedBytes?: number;
  /** Where the figure is from, for people. */
  readonly source: string;
}

export const GIB = 1024 ** 3;

/** Where the provisioning mounts the volume. */
export const VOLUME_MOUNT = "/srv/standby";

/** The volume that `cdktf synth` planned; undefined where it planned none. */
export async function plannedVolume(place: PlanPlace): Promise<Volume | undefined> {
  const stack = await plannedStack(place, "secondary");
  const volumes = Object.values(plannedMember(stack, "resource", "digitalocean_volume"));
  const size = volumes
    .map((volume) => (volume as { size?: unknown }).size)
    .find((one) => typeof one === "number");
  return size === undefined
    ? undefined
    : { bytes: size * GIB, source: `${size} GiB, as planned in ${stack.file}` };
}

export function givenVolume(gib: number): Volume {
  return { bytes: gib * GIB, source: `${gib} GiB, as given` };
}

/** @throws RemoteCommandError when the droplet does not tell */
export async function measuredVolume(shell: RemoteShell, host: string): Promise<Volume> {
  const command = `df --block-size=1 --output=size,used ${VOLUME_MOUNT} | tail -n 1`;
  const out = await shell.run("measuring the volume", command);
  const [bytes, usedBytes, ...more] = out.trim().split(/\s+/).map(Number);
  const isAnswer = Number.isSafeInteger(bytes) && Number.isSafeInteger(usedBytes) && more.length === 0;
  if (bytes === undefined || usedBytes === undefined || !isAnswer || bytes === 0) {
    throw new RemoteCommandError(`df on ${host} did not tell the size of ${VOLUME_MOUNT}`);
  }
  return { bytes, usedBytes, source: `as ${host} measures it` };
}
