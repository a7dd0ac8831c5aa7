import { rm } from "node:fs/promises";
import { createLocalBucket, removeLocalBucket } from "./local-bucket";
import type { LocalServer } from "./local-server";
import type { LocalStoreSettings, RunningStore } from "./running-store";
import type { StoreKeys } from "./server-routes";
import type { SmallDisk, StoreDisk } from "./small-disk";

export interface ServerStoreParts {
  readonly product: RunningStore["product"];
  readonly settings: LocalStoreSettings;
  readonly server: LocalServer;
  readonly keys: StoreKeys;
  /** Whether the data outlives the server's death. Where not, `restart` comes back with an empty bucket. */
  readonly survivesKill: boolean;
  /** Holds the data; ended by `stop`. */
  readonly disk?: SmallDisk;
  /** Whether the server goes on after `stop`, so that the bucket must be removed from it. */
  readonly outlivesStop: boolean;
}

/** Creates the bucket on a running server, which then is a store. When that fails, the server is stopped. */
export async function storeOnServer(parts: ServerStoreParts): Promise<RunningStore> {
  const store = new ServerStore(parts);
  try {
    await createLocalBucket(store.bucket);
  } catch (error) {
    await parts.server.stop();
    await parts.disk?.close();
    throw error;
  }
  return store;
}

class ServerStore implements RunningStore {
  public readonly storeName: RunningStore["storeName"];
  public readonly product: RunningStore["product"];
  public readonly version: string;
  public readonly host = "127.0.0.1";
  public readonly port: number;
  public readonly bucketName: string;
  public readonly region: string;
  public readonly accessKeyId: string;
  public readonly secretAccessKey: string;
  public readonly survivesKill: boolean;
  public readonly disk?: StoreDisk;
  private readonly parts: ServerStoreParts;
  private stopping?: Promise<void>;

  constructor(parts: ServerStoreParts) {
    const { settings, server, keys } = parts;
    this.parts = parts;
    this.storeName = settings.storeName;
    this.product = parts.product;
    this.version = server.version;
    this.port = server.port;
    this.bucketName = settings.bucketName;
    this.region = settings.region;
    this.accessKeyId = keys.accessKeyId;
    this.secretAccessKey = keys.secretAccessKey;
    this.survivesKill = parts.survivesKill;
    this.disk = parts.disk;
  }

  public get bucket() {
    return {
      port: this.port,
      bucketName: this.bucketName,
      region: this.region,
      keys: { accessKeyId: this.accessKeyId, secretAccessKey: this.secretAccessKey },
    };
  }

  public kill(): Promise<void> {
    return this.parts.server.kill();
  }

  public async restart(): Promise<void> {
    await this.parts.server.restart();
    if (!this.survivesKill) {
      await createLocalBucket(this.bucket);
    }
  }

  public stop(): Promise<void> {
    this.stopping ??= this.end();
    return this.stopping;
  }

  private async end(): Promise<void> {
    const { server, settings, disk, outlivesStop } = this.parts;
    if (outlivesStop) {
      // It may have been killed, which for such a server means that only its port refuses.
      await server.restart();
      await removeLocalBucket(this.bucket);
    }
    await server.stop();
    await disk?.close();
    await rm(settings.folder, { recursive: true, force: true });
  }
}
