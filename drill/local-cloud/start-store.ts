import { startEmbeddedStore } from "./embedded-store";
import { startLocalStack } from "./localstack";
import { startMinio } from "./minio";
import type { LocalStoreSettings, RunningStore } from "./running-store";
import type { StartOptions } from "./start-options";

/**
 * Starts a store on this machine: `embedded` works wherever Node does, `minio` and `localstack` are the real
 * servers.
 *
 * @throws ServerUnavailableError when a real server cannot be had
 */
export function startStore(
  product: RunningStore["product"],
  settings: LocalStoreSettings,
  options: StartOptions = {},
): Promise<RunningStore> {
  switch (product) {
    case "embedded":
      return startEmbeddedStore(settings);
    case "minio":
      return startMinio(settings, options);
    case "localstack":
      return startLocalStack(settings, options);
  }
}
