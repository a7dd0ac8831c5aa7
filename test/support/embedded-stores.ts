import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { StoreName } from "../../contract/stores";
import { startEmbeddedStore } from "../../drill/local-cloud/embedded-store";
import type { RunningStore } from "../../drill/local-cloud/running-store";

export interface EmbeddedStores {
  readonly stores: Readonly<Record<StoreName, RunningStore>>;
  /** Ends both and removes their data. */
  stop(): Promise<void>;
}

/** A primary and a secondary, both embedded, both empty. */
export async function startEmbeddedStores(): Promise<EmbeddedStores> {
  const folder = await mkdtemp(join(tmpdir(), "embedded-stores-"));
  const start = (storeName: StoreName) =>
    startEmbeddedStore({
      storeName,
      bucketName: `assets-${storeName}`,
      region: "us-east-1",
      originHost: `assets-${storeName}.example.com`,
      folder: join(folder, storeName),
    });
  const [primary, secondary] = await Promise.all([start("primary"), start("secondary")]);
  return {
    stores: { primary, secondary },
    stop: async () => {
      await Promise.all([primary.stop(), secondary.stop()]);
      await rm(folder, { recursive: true, force: true });
    },
  };
}
