import { startMinio } from "../../drill/local-cloud/minio";
import type { LocalStoreSettings } from "../../drill/local-cloud/running-store";

interface Order {
  readonly settings: LocalStoreSettings;
  /** The PATH on which a container engine is looked for; the user's own without it. */
  readonly path?: string;
}

/** Run as a process that starts MinIO as it is told, tells its port, and waits to be killed. */
process.once("message", (order: Order) => void start(order));

async function start({ settings, path }: Order): Promise<void> {
  const store = await startMinio(settings, path === undefined ? {} : { environment: { PATH: path } });
  process.send?.(store.port);
}
