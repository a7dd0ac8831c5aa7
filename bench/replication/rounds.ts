import { STATE_PREFIX } from "../../contract/state-keys";
import { CONTENDERS, type ContenderName, type Place, type Programs } from "./contenders";
import { type Cost, type Meter, runMeasured } from "./measured-run";
import { type Check, type Load, madeUp, type S3Server } from "./s3-server";
import type { Entry, Workload } from "./workloads";

/** One contender once through one workload. */
export interface Sample {
  readonly workload: string;
  readonly contender: ContenderName;
  readonly round: number;
  readonly objects: number;
  readonly cost: Cost;
  /** The same program on empty stores, just before. */
  readonly empty: Cost;
  /** To both stores together, by operation; those about the program's own state are under `state`. */
  readonly requests: Readonly<Record<string, number>>;
  readonly check: Check;
}

export interface Arena {
  readonly source: S3Server;
  readonly destination: S3Server;
  readonly programs: Programs;
  readonly meter: Meter;
  readonly place: Pick<Place, "bucket" | "accessKeyId" | "secretAccessKey">;
  /** PEM file with both servers' certificates. */
  readonly certificates: string;
}

/** A copy was not what it should be: figures of it would mean nothing. */
export class WrongCopyError extends Error {
  public override readonly name = "WrongCopyError";
}

const DAY_MILLISECONDS = 24 * 60 * 60 * 1000;

/**
 * Lets one contender do one workload: on empty stores first, which is what it costs to start, and which leaves
 * behind what it remembers between runs; then for real.
 *
 * @returns undefined when the contender cannot be had here
 * @throws WrongCopyError when the destination does not hold what it should in the end
 */
export async function measureEntry(
  arena: Arena,
  workload: Workload,
  { contender, objects = workload.objects }: Entry,
  round: number,
): Promise<Sample | undefined> {
  const { source, destination, meter } = arena;
  const tls = workload.tls ?? false;
  const command = CONTENDERS[contender].command(
    {
      ...arena.place,
      source: source.url(tls),
      destination: destination.url(tls),
      ...(tls && { certificates: arena.certificates }),
    },
    arena.programs,
  );
  if (command === undefined) return undefined;

  const name = `${CONTENDERS[contender].title} (${workload.name})`;
  const nothing = madeUp(workload, 0, 0, new Date());
  const base = { delayMilliseconds: workload.delayMilliseconds ?? 0, keepPrefix: STATE_PREFIX };
  const fresh: Load = { ...base, workload: nothing, keepsState: false, keepsObjects: false };
  await Promise.all([source.load(fresh), destination.load(fresh)]);
  const empty = await runMeasured(name, command, meter);

  const keep = { ...base, keepsState: true, keepsObjects: true };
  const older = madeUp(workload, objects, 1, new Date(Date.now() - DAY_MILLISECONDS));
  const wanted =
    workload.destination === "an older version of each" ? madeUp(workload, objects, 2, new Date()) : older;
  if (wanted !== older) {
    await source.load({ ...keep, workload: older });
    await runMeasured(name, command, meter);
  }
  await Promise.all([
    source.load({ ...keep, workload: wanted }),
    destination.load({ ...keep, workload: workload.destination === "the same" ? wanted : nothing }),
  ]);

  const cost = await runMeasured(name, command, meter);
  const [atSource, atDestination] = await Promise.all([source.requests(), destination.requests()]);
  const check = await destination.check(wanted);
  if (check.equal !== check.expected || check.extra > 0) {
    throw new WrongCopyError(
      `${name}: ${check.equal} of ${check.expected} objects are as they should be, ${check.extra} should not be there`,
    );
  }
  const requests = added(atSource, atDestination);
  return { workload: workload.name, contender, round, objects, cost, empty, requests, check };
}

function added(
  left: Readonly<Record<string, number>>,
  right: Readonly<Record<string, number>>,
): Record<string, number> {
  const sum: Record<string, number> = { ...left };
  for (const [name, times] of Object.entries(right)) sum[name] = (sum[name] ?? 0) + times;
  return sum;
}
