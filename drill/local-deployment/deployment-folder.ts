import { chmod, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { errorCode } from "../machine/caught-error";
import { isAlive } from "../machine/is-alive";
import type { Cleanup } from "../stage/cleanup";

/** Below the project's folder, and ignored by git. */
export const DEPLOYMENT_FOLDER = join(".storage-failover", "local");

/** Says whose the folder is. */
const CLAIM_FILE = "running.json";

/** A local deployment of this folder is up. */
export class AlreadyRunningError extends Error {
  public override readonly name = "AlreadyRunningError";
}

/**
 * Makes the folder anew for this process alone; what a run that crashed left there is removed, and so is all of it in
 * the end.
 *
 * @throws AlreadyRunningError
 */
export async function claimFolder(folder: string, cleanup: Cleanup): Promise<void> {
  await mkdir(join(folder, ".."), { recursive: true });
  if (!(await isMade(folder))) {
    const owner = await ownerOf(folder);
    if (owner !== undefined) throw alreadyRunning(folder, `process ${owner} has`);
    await rm(folder, { recursive: true, force: true });
    if (!(await isMade(folder))) throw alreadyRunning(folder, "another process has just taken");
  }
  cleanup.add(() => rm(folder, { recursive: true, force: true }));
  await writeFile(join(folder, CLAIM_FILE), `${JSON.stringify({ pid: process.pid })}\n`);
}

function alreadyRunning(folder: string, who: string): AlreadyRunningError {
  return new AlreadyRunningError(
    `a local deployment is up already: ${who} ${folder}; use that one, or end it with Ctrl-C in its terminal`,
  );
}

/** False when it was there: whoever makes it has it. */
async function isMade(folder: string): Promise<boolean> {
  try {
    await mkdir(folder, { mode: 0o700 });
    return true;
  } catch (error) {
    if (errorCode(error) === "EEXIST") return false;
    throw error;
  }
}

/** A file that nobody else on this machine may read. */
export async function writePrivately(file: string, text: string): Promise<void> {
  await writeFile(file, text, { mode: 0o600 });
}

/** A file that can be run. */
export async function writeProgram(file: string, text: string): Promise<void> {
  await mkdir(join(file, ".."), { recursive: true });
  await writeFile(file, text);
  await chmod(file, 0o755);
}

/** The process whose folder it is, while it lives. */
async function ownerOf(folder: string): Promise<number | undefined> {
  const pid = await claimOf(folder);
  return pid !== undefined && isAlive(pid) ? pid : undefined;
}

async function claimOf(folder: string): Promise<number | undefined> {
  try {
    const claim: unknown = JSON.parse(await readFile(join(folder, CLAIM_FILE), "utf8"));
    const pid: unknown = typeof claim === "object" && claim !== null ? Reflect.get(claim, "pid") : undefined;
    return typeof pid === "number" ? pid : undefined;
  } catch {
    return undefined;
  }
}
