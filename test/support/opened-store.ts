import type { RunningStore } from "../../drill/local-cloud/running-store";
import type { Credentials, CredentialsSource } from "../../lambda/s3/credentials-source";
import type { ObjectClientOptions } from "../../lambda/s3/object-client-options";
import { SdkObjectClient } from "../../lambda/s3/sdk-object-client";
import type { OpenedStore } from "./object-client-conformance";
import { runningStoreWriter } from "./store-writer";

/** One pair, and no other after a refusal. */
export function fixedPair(pair: Credentials): CredentialsSource {
  return { current: async () => pair, afterRefusal: async () => undefined };
}

/** The real client for a store that runs on this machine. */
export function clientFor(store: RunningStore, options: Partial<ObjectClientOptions> = {}): SdkObjectClient {
  const { accessKeyId, secretAccessKey } = store;
  return new SdkObjectClient({
    endpoint: `http://${store.host}:${store.port}`,
    region: store.region,
    bucket: store.bucketName,
    addressStyle: "path",
    credentials: fixedPair({ accessKeyId, secretAccessKey }),
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
