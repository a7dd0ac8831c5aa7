import { type ChildProcess, fork } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { StoreCredentials } from "../../contract/credentials";
import type { StoreProcessReady, StoreProcessSettings } from "./embedded/store-process";
import type { LocalStoreSettings, RunningStore } from "./running-store";

/** Characters of the process's last words that a failed start shows. */
const LAST_WORDS = 4000;

/**
 * Starts an S3-compatible store of our own, which needs nothing but Node. Data is kept in the folder, so that a
 * killed store starts again with everything that it acknowledged.
 *
 * @throws Error with the process's own words when it does not start
 */
export async function startEmbeddedStore(settings: LocalStoreSettings): Promise<RunningStore> {
  const credentials: StoreCredentials = {
    accessKeyId: randomBytes(10).toString("hex"),
    secretAccessKey: randomBytes(30).toString("base64url"),
  };
  await mkdir(settings.folder, { recursive: true });
  const { folder, bucketName, region, originHost, storeName } = settings;
  const startProcess = (port: number) =>
    startStoreProcess({ folder, bucketName, region, originHost, credentials, port });
  let running = await startProcess(0);
  const { port } = running;
  const kill = async () => {
    await endProcess(running.child);
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
    kill,
    restart: async () => {
      await kill();
      running = await startProcess(port);
    },
    stop: async () => {
      // The journal is whole at every moment, so that a gentler end would gain nothing.
      await kill();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function startStoreProcess(
  settings: StoreProcessSettings,
): Promise<{ child: ChildProcess; port: number }> {
  const child = fork(join(__dirname, "embedded", "store-process.ts"), {
    // By its full address: `tsx` alone would be looked for from the current folder.
    execArgv: ["--import", pathToFileURL(require.resolve("tsx")).href],
    stdio: ["ignore", "ignore", "pipe", "ipc"],
  });
  let lastWords = "";
  child.stderr?.setEncoding("utf8").on("data", (text: string) => {
    lastWords = (lastWords + text).slice(-LAST_WORDS);
  });
  const port = new Promise<number>((resolve, reject) => {
    child.once("message", (ready: StoreProcessReady) => resolve(ready.port));
    child.once("error", reject);
    child.once("close", () => reject(new Error(`the embedded store did not start\n${lastWords}`)));
  });
  child.send(settings);
  return { child, port: await port };
}

async function endProcess(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, "exit");
  child.kill("SIGKILL");
  await ended;
}
