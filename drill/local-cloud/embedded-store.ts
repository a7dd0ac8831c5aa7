import type { ChildProcess } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import type { StoreCredentials } from "../../contract/credentials";
import { firstMessage, forkTypeScript, whenExited } from "../machine/typescript-child";
import type { StoreProcessReady, StoreProcessSettings } from "./embedded/store-process";
import type { StoreRules } from "./embedded/stored-bucket";
import { LimitedFiles } from "./limited-files";
import type { LocalStoreSettings, RunningStore } from "./running-store";
import { NoSmallDiskError, openSmallDisk, type SmallDisk } from "./small-disk";

/**
 * Starts an S3-compatible store of our own, which needs nothing but Node. Data is kept in the folder, so that a
 * killed store starts again with everything that it acknowledged.
 *
 * @throws Error when it does not start; the reason is on standard error
 */
export async function startEmbeddedStore(
  settings: LocalStoreSettings,
  rules: StoreRules = {},
): Promise<RunningStore> {
  const credentials: StoreCredentials = {
    accessKeyId: randomBytes(10).toString("hex"),
    secretAccessKey: randomBytes(30).toString("base64url"),
  };
  await mkdir(settings.folder, { recursive: true });
  const { folder, bucketName, region, originHost, storeName } = settings;
  const disk = await openDisk(settings);
  const startProcess = (port: number) =>
    startStoreProcess({ ...rules, folder, bucketName, region, originHost, credentials, port }, disk);
  let running = await startProcess(0);
  const { port } = running;
  const limited =
    settings.diskMebibytes === undefined || disk !== undefined
      ? undefined
      : new LimitedFiles(() => running.child.pid);
  const kill = async () => {
    running.child.kill("SIGKILL");
    await whenExited(running.child);
  };
  return {
    storeName,
    product: "embedded",
    version: process.version,
    host: "127.0.0.1",
    port,
    bucketName,
    region,
    ...credentials,
    survivesKill: true,
    disk: disk ?? limited,
    kill,
    restart: async () => {
      await kill();
      running = await startProcess(port);
      await limited?.apply();
    },
    stop: async () => {
      // The journal is whole at every moment, so that a gentler end would gain nothing.
      await kill();
      await disk?.close();
      await rm(`${folder}.disk.log`, { force: true });
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Undefined where none is asked for, or where none can be had. */
async function openDisk({ folder, diskMebibytes }: LocalStoreSettings): Promise<SmallDisk | undefined> {
  if (diskMebibytes === undefined) return undefined;
  try {
    return await openSmallDisk({ folder, mebibytes: diskMebibytes, logFile: `${folder}.disk.log` });
  } catch (error) {
    if (error instanceof NoSmallDiskError) return undefined;
    throw error;
  }
}

async function startStoreProcess(
  settings: StoreProcessSettings,
  disk: SmallDisk | undefined,
): Promise<{ child: ChildProcess; port: number }> {
  const child = forkTypeScript(join(__dirname, "embedded", "store-process.ts"), disk?.inside);
  const ready = firstMessage(child, "the embedded store");
  child.send(settings);
  const { port } = (await ready) as StoreProcessReady;
  return { child, port };
}
