import type { RunningStore } from "../../drill/local-cloud/running-store";
import { SdkObjectClient, type SdkObjectClientOptions } from "../../lambda/s3/sdk-object-client";
import type { OpenedStore } from "./object-client-conformance";
import { runningStoreWriter } from "./store-writer";

/** The real client for a store that runs on this machine. */
export function clientFor(
  store: RunningStore,
  options: Partial<SdkObjectClientOptions> = {},
): SdkObjectClient {
  const { accessKeyId, secretAccessKey } = store;
  return new SdkObjectClient({
    endpoint: `http://${store.host}:${store.port}`,
    region: store.region,
    bucket: store.bucketName,
    addressStyle: "path",
    credentials: { accessKeyId, secretAccessKey },
    ...options,
  });
}

/** For the conformance suite; closing it leaves the store running. */
export function openRunningStore(store: RunningStore): OpenedStore {
  const client = clientFor(store);
  const writer = runningStoreWriter(store);
  return {
    client,
    writer,
    close: async () => {
      client.close();
      writer.close();
    },
  };
}
