import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startEmbeddedStore } from "../../drill/local-cloud/embedded-store";
import type { RunningStore } from "../../drill/local-cloud/running-store";
import type { ObjectClient } from "../../lambda/s3/object-client";
import type { ObjectClientOptions } from "../../lambda/s3/object-client-options";
import type { OpenedStore } from "./object-client-conformance";
import { optionsFor } from "./opened-store";
import { runningStoreWriter } from "./store-writer";

/** For the conformance suite: an embedded store has one bucket, so that each suite has stores of its own. */
export async function openEmbeddedStore(
  open: (options: ObjectClientOptions) => ObjectClient,
): Promise<OpenedStore> {
  const store = await startConformanceStore(true);
  const client = open(optionsFor(store));
  const writer = runningStoreWriter(store);
  const clients = [client];
  const stores = [store];
  return {
    client,
    writer,
    openUnversioned: async () => {
      const unversioned = await startConformanceStore(false);
      stores.push(unversioned);
      const other = open(optionsFor(unversioned));
      clients.push(other);
      return other;
    },
    close: async () => {
      writer.close();
      for (const one of clients) one.close();
      await Promise.all(stores.map((one) => one.stop()));
    },
  };
}

async function startConformanceStore(versioned: boolean): Promise<RunningStore> {
  const settings = {
    storeName: "primary",
    bucketName: "conformance",
    region: "eu-central-1",
    originHost: "conformance.example.test",
    folder: await mkdtemp(join(tmpdir(), "embedded-")),
  } as const;
  return startEmbeddedStore(settings, { versioned });
}
