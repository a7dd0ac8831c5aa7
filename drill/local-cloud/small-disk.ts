import { mkdir, open, rm, statfs } from "node:fs/promises";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { errorCode, errorReason } from "../machine/caught-error";
import type { Command } from "./keeper-messages";
import { type KeptProcess, keepProcess } from "./kept-process";
import { logTail } from "./log-tail";

const MIB = 1024 ** 2;
const POLL_MILLISECONDS = 10;
/** Linux's number for a file system in memory. */
const TMPFS = 0x01021994;
/** Takes up what the store does not. */
const BALLAST = "ballast";

/** A disk that can run full, and be given room again. */
export interface StoreDisk {
  /** Fills it to its last byte, as another program's log might: the store's next write finds no room. */
  fill(): Promise<void>;
  /** Takes away what `fill` put there. */
  makeRoom(): Promise<void>;
}

/** A file system of a given size, seen only by programs that are started inside it. Its content lives in memory. */
export interface SmallDisk extends StoreDisk {
  /** The command that runs this command where the folder is the small file system. */
  readonly inside: (command: Command) => Command;
  /** Ends it; whatever it holds is gone. Safe to call twice. */
  close(): Promise<void>;
}

export interface SmallDiskOptions {
  /** Must exist, and be empty; programs inside find the file system there. */
  readonly folder: string;
  readonly mebibytes: number;
  readonly logFile: string;
}

/** A small disk cannot be had on this machine. */
export class NoSmallDiskError extends Error {
  public override readonly name = "NoSmallDiskError";
}

/** Mounts, then holds the namespace open: it would end with its last process, and the files with it. */
const HOLD = 'mount -t tmpfs -o "size=$1m" tmpfs "$0" && exec sleep infinity';

/**
 * Makes a file system in memory, in a mount namespace of its own: no privileges are needed where Linux lets users
 * have namespaces, nothing of it is seen outside, and nothing stays when this process dies.
 *
 * @throws NoSmallDiskError where namespaces are forbidden or unknown
 */
export async function openSmallDisk({ folder, mebibytes, logFile }: SmallDiskOptions): Promise<SmallDisk> {
  await mkdir(folder, { recursive: true });
  const holder = await hold(folder, mebibytes, logFile);
  // How this process reaches the files, which lie in another namespace.
  const place = path.join(`/proc/${holder.pid}/root`, path.resolve(folder));
  await untilMounted(place, holder, logFile);
  return {
    fill: () => fillUp(path.join(place, BALLAST)),
    makeRoom: () => rm(path.join(place, BALLAST), { force: true }),
    inside: ({ file, arguments: words }) => ({
      file: "nsenter",
      arguments: [
        ...["--target", String(holder.pid), "--user", "--mount", "--preserve-credentials", "--wd=."],
        ...["--", file, ...words],
      ],
    }),
    close: () => holder.kill(),
  };
}

async function hold(folder: string, mebibytes: number, logFile: string): Promise<KeptProcess> {
  const words = ["--map-root-user", "--mount", "sh", "-c", HOLD, path.resolve(folder), String(mebibytes)];
  const environment = { PATH: process.env.PATH ?? "" };
  try {
    return await keepProcess({
      file: "unshare",
      arguments: words,
      folder: path.dirname(logFile),
      environment,
      logFile,
    });
  } catch (error) {
    throw forbidden(errorReason(error));
  }
}

async function untilMounted(place: string, holder: KeptProcess, logFile: string): Promise<void> {
  let ended = false;
  void holder.exited.then(() => {
    ended = true;
  });
  while (!(await isMounted(place))) {
    if (ended) throw forbidden(logTail(logFile));
    await sleep(POLL_MILLISECONDS);
  }
}

async function isMounted(place: string): Promise<boolean> {
  try {
    return (await statfs(place)).type === TMPFS;
  } catch {
    // The holder has not come so far, or it has gone: its end says which.
    return false;
  }
}

function forbidden(reason: string): NoSmallDiskError {
  return new NoSmallDiskError(
    `a disk that can run full needs Linux with namespaces for users, and this machine refuses: ${reason.trim()}; ` +
      "allow them (Ubuntu: sysctl kernel.apparmor_restrict_unprivileged_userns=0; Debian: sysctl kernel.unprivileged_userns_clone=1; " +
      "in a container: --security-opt seccomp=unconfined), " +
      "or leave out scenarios with disk-full",
  );
}

async function fillUp(file: string): Promise<void> {
  const ballast = await open(file, "a");
  try {
    for (const block of [Buffer.alloc(MIB), Buffer.alloc(4096)]) await writeUntilFull(ballast, block);
  } finally {
    await ballast.close();
  }
}

async function writeUntilFull(ballast: Awaited<ReturnType<typeof open>>, block: Buffer): Promise<void> {
  for (;;) {
    try {
      const { bytesWritten } = await ballast.write(block);
      // A last write may find room for a part of the block only.
      if (bytesWritten < block.length) return;
    } catch (error) {
      if (errorCode(error) === "ENOSPC") return;
      throw error;
    }
  }
}
