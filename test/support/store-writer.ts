import {
  DeleteObjectCommand,
  PutBucketVersioningCommand,
  PutObjectCommand,
  S3Client,
} from "@aws-sdk/client-s3";
import type { VersionedBucket, VersioningStatus } from "../../drill/local-cloud/embedded/versioned-bucket";
import type { RunningStore } from "../../drill/local-cloud/running-store";
import { writeObject } from "./in-memory-object-client";

/** What an application does to a store, and an `ObjectClient` cannot: write without a condition, and configure. */
export interface StoreWriter {
  write(key: string, body: string): Promise<void>;
  /** Places a delete marker. */
  delete(key: string): Promise<void>;
  setVersioning(status: VersioningStatus): Promise<void>;
}

export function inMemoryWriter(bucket: VersionedBucket<Buffer>): StoreWriter {
  return {
    write: async (key, body) => {
      writeObject(bucket, key, body);
    },
    delete: async (key) => {
      bucket.delete(key);
    },
    setVersioning: async (status) => {
      bucket.versioning = status;
    },
  };
}

export function runningStoreWriter(store: RunningStore): StoreWriter & { close(): void } {
  const { accessKeyId, secretAccessKey } = store;
  const client = new S3Client({
    endpoint: `http://${store.host}:${store.port}`,
    region: store.region,
    forcePathStyle: true,
    credentials: { accessKeyId, secretAccessKey },
    requestChecksumCalculation: "WHEN_REQUIRED",
  });
  const Bucket = store.bucketName;
  return {
    write: async (Key, Body) => {
      await client.send(new PutObjectCommand({ Bucket, Key, Body }));
    },
    delete: async (Key) => {
      await client.send(new DeleteObjectCommand({ Bucket, Key }));
    },
    setVersioning: async (Status) => {
      await client.send(new PutBucketVersioningCommand({ Bucket, VersioningConfiguration: { Status } }));
    },
    close: () => client.destroy(),
  };
}
