import { rmSync } from "node:fs";
import { mkdir, open, readFile, rm, rmdir, stat } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { errorCode } from "../machine/caught-error";
import { isAlive } from "../machine/is-alive";

const POLL_MILLISECONDS = 250;
/** Taking over takes microseconds: an older guard belongs to a process that died in the middle of it. */
const GUARD_MILLISECONDS = 10_000;

export interface BuildLockOptions {
  readonly signal: AbortSignal;
  /** Called once when another process holds the lock. */
  readonly onWait: (ownerPid: number) => void;
}

/**
 * Runs `work` while no other process of this machine runs anything under the same lock file. A lock whose
 * owner has died is taken over; the file goes when `work` ends, and when this process exits in the middle.
 *
 * @throws the signal's reason when it is aborted while waiting
 */
export async function withBuildLock<Result>(
  lockFile: string,
  options: BuildLockOptions,
  work: () => Promise<Result>,
): Promise<Result> {
  let waits = false;
  while (!(await tryLock(lockFile))) {
    options.signal.throwIfAborted();
    const owner = await readOwner(lockFile);
    if (owner !== undefined && (owner === NOBODY || !isAlive(owner))) {
      await takeOver(lockFile, owner);
      continue;
    }
    if (!waits && owner !== undefined) {
      waits = true;
      options.onWait(owner);
    }
    await sleep(POLL_MILLISECONDS, undefined, { signal: options.signal });
  }
  const release = () => rmSync(lockFile, { force: true });
  process.once("exit", release);
  try {
    return await work();
  } finally {
    process.off("exit", release);
    release();
  }
}

async function tryLock(lockFile: string): Promise<boolean> {
  try {
    const file = await open(lockFile, "wx");
    await file.write(`${process.pid}\n`);
    await file.close();
    return true;
  } catch (error) {
    if (errorCode(error) === "EEXIST") {
      return false;
    }
    throw error;
  }
}

/** Undefined when the lock is gone, or when its owner has not written its number yet. */
async function readOwner(lockFile: string): Promise<number | undefined> {
  try {
    const pid = Number.parseInt(await readFile(lockFile, "utf8"), 10);
    if (Number.isSafeInteger(pid) && pid > 0) {
      return pid;
    }
    const age = Date.now() - (await stat(lockFile)).mtimeMs;
    // Nobody needs that long to write a number: a dead owner's file, for which no process can be named.
    return age > GUARD_MILLISECONDS ? NOBODY : undefined;
  } catch (error) {
    if (errorCode(error) === "ENOENT") {
      return undefined;
    }
    throw error;
  }
}

/** Stands for the owner of a lock file that names none. */
const NOBODY = -1;

/** Removes a dead owner's lock. Only one process may, or a second would remove the first one's new lock. */
async function takeOver(lockFile: string, deadOwner: number): Promise<void> {
  const guard = `${lockFile}.takeover`;
  try {
    await mkdir(guard);
  } catch (error) {
    if (errorCode(error) !== "EEXIST") {
      throw error;
    }
    await removeOldGuard(guard);
    return;
  }
  try {
    if ((await readOwner(lockFile)) === deadOwner) {
      await rm(lockFile, { force: true });
    }
  } finally {
    await rmdir(guard);
  }
}

async function removeOldGuard(guard: string): Promise<void> {
  try {
    if (Date.now() - (await stat(guard)).mtimeMs > GUARD_MILLISECONDS) {
      await rmdir(guard);
    }
  } catch (error) {
    if (errorCode(error) !== "ENOENT") {
      throw error;
    }
  }
}
