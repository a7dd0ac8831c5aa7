import { setTimeout as delay } from "node:timers/promises";
import type { StoreCredentials } from "../../contract/credentials";
import { errorReason } from "../../drill/machine/caught-error";
import { samePair } from "../../lambda/s3/same-pair";
import { isReplicatorKey, type ReplicatorKeys } from "./droplet";
import { InterruptedRotationError } from "./interrupted-rotation-error";
import { type PairVault, VaultError } from "./pair-vault";
import type { TryPair } from "./try-pair";

/** Told as a step begins and ends, for people. */
export interface EnrollmentSteps {
  begin(name: string): { done(result: string): void; update(text: string): void };
  /** What is going to take long, for logs that see no progress. */
  note(text: string): void;
}

export interface Enrollment {
  readonly keys: ReplicatorKeys;
  readonly vault: PairVault;
  readonly tryPair: TryPair;
  readonly steps: EnrollmentSteps;
  /** Aborted by Ctrl-C: looked at between steps, never within one. */
  readonly signal: AbortSignal;
}

export interface EnrollmentResult {
  readonly outcome: "enrolled" | "already-enrolled" | "rotated" | "finished";
  /** What was done to the secret. */
  readonly secret: "created" | "updated" | "unchanged";
  /** Key pairs of the replicator that were removed from the store. */
  readonly removed: number;
  /** Those beside the one in the secret that are left. */
  readonly left: number;
}

/** What was done could not be brought to an end; says in which state everything is, and what goes on from there. */
export class EnrollmentError extends Error {
  public override readonly name = "EnrollmentError";
}

/**
 * Gives the functions a key pair for the store: made there, tried, written to the secret, read back. Where the secret
 * holds a pair that works, nothing is done, unless `again`.
 *
 * All other key pairs of the replicator are removed at the end: nobody can use them, or, with `again`, whoever does
 * reads the secret once more on the first refusal.
 */
export async function enroll(context: Enrollment, again: boolean): Promise<EnrollmentResult> {
  const { keys, vault } = context;
  const there = await keys.list();
  const known = await vault.read();
  if (!again && known !== undefined && (await isGood(context, known))) {
    return {
      outcome: "already-enrolled",
      secret: "unchanged",
      removed: 0,
      left: othersOf(there, known).length,
    };
  }
  const { pair, secret } = await replacePair(context);
  const removed = await removeOthers(context, pair);
  return { outcome: "enrolled", secret, removed, left: 0 };
}

/**
 * The same while the functions work: the pair before stays valid for `graceSeconds`, until every function has read
 * the new one, and is removed then, together with what an interrupted rotation left.
 *
 * @param graceSeconds - undefined: the old pairs are kept
 */
export async function rotate(
  context: Enrollment,
  graceSeconds: number | undefined,
): Promise<EnrollmentResult> {
  if ((await context.vault.read()) === undefined) {
    throw new EnrollmentError(
      "there is no key pair to rotate: the secret holds none yet; run: storage-failover enroll",
    );
  }
  const { pair, secret } = await replacePair(context);
  if (graceSeconds === undefined) {
    const left = othersOf(await context.keys.list(), pair).length;
    return { outcome: "rotated", secret, removed: 0, left };
  }
  await wait(context, graceSeconds);
  return { outcome: "rotated", secret, removed: await removeOthers(context, pair), left: 0 };
}

/** Only the end of a rotation: removes every key pair of the replicator but the one in the secret. */
export async function finishRotation(context: Enrollment): Promise<EnrollmentResult> {
  const pair = await context.vault.read();
  if (pair === undefined) {
    throw new EnrollmentError("the secret holds no key pair yet; run: storage-failover enroll");
  }
  if ((await context.tryPair(pair)) === "refused") {
    throw new EnrollmentError(
      "the store refuses the pair in the secret, so no other was removed; run: storage-failover rotate",
    );
  }
  const removed = await removeOthers(context, pair);
  return { outcome: "finished", secret: "unchanged", removed, left: 0 };
}

/** Makes a pair, and brings it to where the functions read it; what did not get there is taken back. */
async function replacePair({
  keys,
  vault,
  tryPair,
  steps,
  signal,
}: Enrollment): Promise<{ readonly pair: StoreCredentials; readonly secret: "created" | "updated" }> {
  signal.throwIfAborted();
  const creating = steps.begin("make a key pair");
  const pair = await keys.create();
  creating.done("on the droplet");
  let secret: "created" | "updated";
  try {
    const trying = steps.begin("try it");
    // Before it is written: a pair that does not work must not reach the functions.
    if ((await tryPair(pair)) === "refused") {
      throw new EnrollmentError("the store refuses the key pair that its own server has just made");
    }
    trying.done("the store accepts it");
    signal.throwIfAborted();
    const writing = steps.begin("write the secret");
    secret = await written(vault, pair);
    writing.done(secret);
  } catch (error) {
    if (!(error instanceof UnknownWriteError)) await takeBack(keys, pair, error);
    throw error;
  }
  const reading = steps.begin("read it back");
  const found = await vault.read();
  if (found === undefined || !samePair(found, pair)) {
    throw new EnrollmentError(
      "the secret holds another pair than was written: somebody else changed it at the same time. Nothing was removed; run: storage-failover rotate",
    );
  }
  if ((await tryPair(found)) === "refused") {
    throw new EnrollmentError(
      "the store refuses the pair that the secret now holds: somebody else removed it. Run: storage-failover rotate",
    );
  }
  reading.done("the store accepts it");
  return { pair, secret };
}

/** A write that failed in a way that leaves open whether it was done, and what the secret holds cannot be read. */
class UnknownWriteError extends EnrollmentError {}

/** A write may have arrived although its answer did not: then the pair in it must not be removed from the store. */
async function written(vault: PairVault, pair: StoreCredentials): Promise<"created" | "updated"> {
  try {
    return await vault.write(pair);
  } catch (error) {
    if (!(error instanceof VaultError) || error.refused) throw error;
    const found = await vault.read().catch(() => "unreadable" as const);
    if (found === "unreadable") {
      throw new UnknownWriteError(
        `${error.message}. It is not known whether the secret holds the new key pair, so both the new and the old are left on the droplet, both valid. Once the secret can be read again: storage-failover rotate`,
        { cause: error },
      );
    }
    if (found !== undefined && samePair(found, pair)) return "updated";
    throw error;
  }
}

async function takeBack(keys: ReplicatorKeys, pair: StoreCredentials, why: unknown): Promise<void> {
  try {
    await keys.remove(pair.accessKeyId);
  } catch (error) {
    throw new EnrollmentError(
      `${errorReason(why)}; and the new key pair could not be removed from the droplet again: ${errorReason(error)}. The next enroll or rotate removes it`,
      { cause: why },
    );
  }
}

/** Both pairs are valid meanwhile: whatever interrupts this leaves nothing broken. */
async function wait({ steps, signal }: Enrollment, seconds: number): Promise<void> {
  if (seconds > 0) {
    steps.note(`both key pairs are valid; for ${seconds} s, until every function has read the new one`);
  }
  const step = steps.begin("wait for the functions");
  const end = performance.now() + seconds * 1000;
  for (let left = seconds; left > 0; left = (end - performance.now()) / 1000) {
    step.update(`${Math.ceil(left)} s left; both key pairs are valid`);
    try {
      await delay(Math.min(left, 1) * 1000, undefined, { signal });
    } catch {
      throw new InterruptedRotationError(
        "the secret holds the new key pair, and the old ones are still valid; to remove them: storage-failover rotate --finish",
      );
    }
  }
  step.done(`${seconds} s, both key pairs valid`);
}

/** @returns how many were removed */
async function removeOthers({ keys, vault, steps }: Enrollment, pair: StoreCredentials): Promise<number> {
  const others = othersOf(await keys.list(), pair);
  if (others.length === 0) return 0;
  const step = steps.begin("remove the old key pairs");
  // Read after the list: a pair in that list that somebody else has written since is not removed.
  const current = await vault.read();
  if (current === undefined || !samePair(current, pair)) {
    throw new EnrollmentError(
      "the secret was changed by somebody else meanwhile, so no key pair was removed; run: storage-failover rotate --finish",
    );
  }
  for (const id of others) await keys.remove(id);
  step.done(String(others.length));
  return others.length;
}

async function isGood({ tryPair }: Enrollment, pair: StoreCredentials): Promise<boolean> {
  return (await tryPair(pair)) === "works";
}

function othersOf(ids: readonly string[], { accessKeyId }: StoreCredentials): readonly string[] {
  return ids.filter((id) => isReplicatorKey(id) && id !== accessKeyId);
}
