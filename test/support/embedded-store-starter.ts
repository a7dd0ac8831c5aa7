import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startEmbeddedStore } from "../../drill/local-cloud/embedded-store";

/** Run as a process that starts an embedded store, tells its port and folder, and waits to be killed. */
async function start(): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "embedded-"));
  const names = { storeName: "primary", bucketName: "bucket", originHost: "bucket.example.test" } as const;
  const { port } = await startEmbeddedStore({ ...names, region: "eu-central-1", folder });
  process.send?.({ port, folder });
}

void start();
