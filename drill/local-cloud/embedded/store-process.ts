import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import type { StoreCredentials } from "../../../contract/credentials";
import { createStoreServer } from "./server";
import { openStoredBucket, type StoreRules } from "./stored-bucket";

/** The first message from the parent. The credentials travel here and nowhere else. */
export interface StoreProcessSettings extends StoreRules {
  readonly folder: string;
  readonly bucketName: string;
  readonly region: string;
  readonly originHost: string;
  readonly credentials: StoreCredentials;
  /** 0 for any free one. */
  readonly port: number;
}

/** The answer, once requests are served. */
export interface StoreProcessReady {
  readonly port: number;
}

/** How long a port may be held by somebody else after the process that had it was killed. */
const PORT_WAIT_MILLISECONDS = 10_000;

async function start(settings: StoreProcessSettings): Promise<void> {
  const store = openStoredBucket(settings.folder, settings.bucketName, settings.region, settings);
  const server = createStoreServer({ store, ...settings });
  await listen(server, settings.port, Date.now() + PORT_WAIT_MILLISECONDS);
  const ready: StoreProcessReady = { port: (server.address() as AddressInfo).port };
  process.send?.(ready);
}

async function listen(server: Server, port: number, giveUpAt: number): Promise<void> {
  for (;;) {
    try {
      await new Promise<void>((resolve, reject) => {
        server.once("error", reject);
        server.listen(port, "127.0.0.1", () => {
          server.removeListener("error", reject);
          resolve();
        });
      });
      return;
    } catch (error) {
      const isTaken = error instanceof Error && "code" in error && error.code === "EADDRINUSE";
      if (!isTaken || Date.now() > giveUpAt) throw error;
      await sleep(50);
    }
  }
}

// The parent is gone, however it went: nobody is left to stop this process.
process.once("disconnect", () => process.exit(0));
process.once("message", (settings: StoreProcessSettings) => {
  start(settings).catch((error: unknown) => {
    process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`);
    process.exit(1);
  });
});
