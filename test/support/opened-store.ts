import { randomBytes } from "node:crypto";
import { type BucketLocationConstraint, CreateBucketCommand, S3Client } from "@aws-sdk/client-s3";
import type { RunningStore } from "../../drill/local-cloud/running-store";
import type { Credentials, CredentialsSource } from "../../lambda/s3/credentials-source";
import type { ObjectClient } from "../../lambda/s3/object-client";
import type { ObjectClientOptions } from "../../lambda/s3/object-client-options";
import { openObjectClient } from "../../lambda/s3/open-object-client";
import { SdkObjectClient } from "../../lambda/s3/sdk-object-client";
import type { OpenedStore } from "./object-client-conformance";
import { runningStoreWriter } from "./store-writer";

/** One pair, and no other after a refusal. */
export function fixedPair(pair: Credentials): CredentialsSource {
  return { current: async () => pair, afterRefusal: async () => undefined };
}

/** Every implementation of `ObjectClient` that speaks to a server, by what tests call it. */
export const CLIENTS: Readonly<Record<string, (options: ObjectClientOptions) => ObjectClient>> = {
  "the SDK client": (options) => openObjectClient("sdk", options),
  "the thin client": (options) => openObjectClient("thin", options),
};

/** How a store that runs on this machine is reached. */
export function optionsFor(
  store: RunningStore,
  options: Partial<ObjectClientOptions> = {},
): ObjectClientOptions {
  const { accessKeyId, secretAccessKey } = store;
  return {
    endpoint: `http://${store.host}:${store.port}`,
    region: store.region,
    bucket: store.bucketName,
    addressStyle: "path",
    credentials: fixedPair({ accessKeyId, secretAccessKey }),
    ...options,
  };
}

/** The real client for a store that runs on this machine. */
export function clientFor(store: RunningStore, options: Partial<ObjectClientOptions> = {}): SdkObjectClient {
  return new SdkObjectClient(optionsFor(store, options));
}

/**
 * For the conformance suite, in a bucket of its own, so that several implementations find a server as new; closing
 * it leaves the server running.
 */
export async function openNewBucket(
  store: RunningStore,
  open: (options: ObjectClientOptions) => ObjectClient,
): Promise<OpenedStore> {
  const bucketName = `conformance-${randomBytes(4).toString("hex")}`;
  await createBucket(store, bucketName);
  const writer = runningStoreWriter({ ...store, bucketName });
  await writer.setVersioning("Enabled");
  const client = open(optionsFor(store, { bucket: bucketName }));
  const clients = [client];
  return {
    client,
    writer,
    openUnversioned: async () => {
      const bucket = `${bucketName}-unversioned`;
      await createBucket(store, bucket);
      const unversioned = open(optionsFor(store, { bucket }));
      clients.push(unversioned);
      return unversioned;
    },
    close: async () => {
      writer.close();
      for (const one of clients) one.close();
    },
  };
}

async function createBucket(store: RunningStore, Bucket: string): Promise<void> {
  const { accessKeyId, secretAccessKey, region } = store;
  const client = new S3Client({
    endpoint: `http://${store.host}:${store.port}`,
    region,
    forcePathStyle: true,
    credentials: { accessKeyId, secretAccessKey },
  });
  try {
    // us-east-1 is the one region that must not be named.
    const CreateBucketConfiguration =
      region === "us-east-1" ? undefined : { LocationConstraint: region as BucketLocationConstraint };
    await client.send(new CreateBucketCommand({ Bucket, CreateBucketConfiguration }));
  } finally {
    client.destroy();
  }
}
