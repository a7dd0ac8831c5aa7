import { passCycle, type ReplicationTimings } from "../../lib/objectives";

/** What replication has to do. */
export interface PassWork {
  /** Objects of the bucket; each is listed in each pass. */
  readonly objects: number;
  /** Bytes of one object. */
  readonly objectBytes: number;
  /** Objects that writers put, overwrite or delete in a second. */
  readonly writesPerSecond: number;
}

/** The bucket of a middling site. */
export const USUAL_WORK: PassWork = { objects: 10_000, objectBytes: 100_000, writesPerSecond: 1 };

/** A pass of two stores that hold nothing: marker, journal, lease, listings, notes, one after the other. */
const LEAST_PASS_SECONDS = 1;

/** Pages of 1,000 keys, both stores at a time, 100 ms each. */
const LISTED_PER_SECOND = 10_000;

/** Objects of 10 KB that reach a store 20 ms away in a second (`bench/RESULTS.md`), halved for a smaller function. */
const COPIED_PER_SECOND = 1_000;

/** A network of 400 Mbit/s, to another cloud. */
const BYTES_PER_SECOND = 50_000_000;

/** Writes come faster than replication copies: the standby falls behind without end. */
export class TooManyWritesError extends Error {
  public override readonly name = "TooManyWritesError";
}

/** Seconds that replication takes to copy one object, beside others. */
export function copySeconds({ objectBytes }: PassWork): number {
  return Math.max(1 / COPIED_PER_SECOND, objectBytes / BYTES_PER_SECOND);
}

/**
 * Seconds of work in a pass: it lists everything, and copies what was written since the pass before began. A longer pass
 * therefore has more to copy; this is where it settles.
 *
 * @throws TooManyWritesError
 */
export function passSecondsOf(work: PassWork, schedule: Omit<ReplicationTimings, "passSeconds">): number {
  const share = work.writesPerSecond * copySeconds(work);
  const listing = LEAST_PASS_SECONDS + work.objects / LISTED_PER_SECOND;
  let passSeconds = listing;
  for (let turn = 0; turn < 1000; turn += 1) {
    const { cycleSeconds } = passCycle({ ...schedule, passSeconds });
    const next = listing + share * cycleSeconds;
    if (next <= passSeconds) return passSeconds;
    passSeconds = next;
  }
  throw new TooManyWritesError(
    `${work.writesPerSecond} writes of ${work.objectBytes} bytes in a second keep replication busy for ${share.toPrecision(3)} s of each second: ` +
      "the standby falls behind without end; give fewer writes or smaller objects, or --pass-seconds as you measured it",
  );
}
