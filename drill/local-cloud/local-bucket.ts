import {
  type BucketLocationConstraint,
  CreateBucketCommand,
  DeleteBucketCommand,
  DeleteObjectCommand,
  HeadBucketCommand,
  ListObjectVersionsCommand,
  PutBucketPolicyCommand,
  PutBucketVersioningCommand,
  S3Client,
  S3ServiceException,
} from "@aws-sdk/client-s3";
import { STATE_PREFIX } from "../../contract/state-keys";
import type { StoreKeys } from "./server-routes";

export interface LocalBucket {
  readonly port: number;
  readonly bucketName: string;
  readonly region: string;
  readonly keys: StoreKeys;
}

export function localClient(bucket: LocalBucket): S3Client {
  return new S3Client({
    endpoint: `http://127.0.0.1:${bucket.port}`,
    region: bucket.region,
    credentials: { ...bucket.keys },
    forcePathStyle: true,
    requestChecksumCalculation: "WHEN_REQUIRED",
    responseChecksumValidation: "WHEN_REQUIRED",
  });
}

/** Anonymous reads of objects, the state prefix aside; no listing. */
export function anonymousReadPolicy(bucketName: string): string {
  const objects = (prefix: string) => [`arn:aws:s3:::${bucketName}/${prefix}*`];
  return JSON.stringify({
    Version: "2012-10-17",
    Statement: [
      { Effect: "Allow", Principal: { AWS: ["*"] }, Action: ["s3:GetObject"], Resource: objects("") },
      {
        Effect: "Deny",
        Principal: { AWS: ["*"] },
        Action: ["s3:GetObject"],
        Resource: objects(STATE_PREFIX),
      },
    ],
  });
}

/**
 * Creates the versioned bucket with its anonymous read policy.
 *
 * @throws Error when the bucket exists: what is in it is not the drill's to change
 */
export async function createLocalBucket(bucket: LocalBucket): Promise<void> {
  const { bucketName: Bucket, region } = bucket;
  const client = localClient(bucket);
  try {
    if (await bucketExists(client, Bucket)) {
      throw new Error(
        `bucket "${Bucket}" exists on the server already; remove it or use another bucket name`,
      );
    }
    // us-east-1 is the one region that must not be named.
    const location =
      region === "us-east-1" ? undefined : { LocationConstraint: region as BucketLocationConstraint };
    await client.send(new CreateBucketCommand({ Bucket, CreateBucketConfiguration: location }));
    await configure(client, Bucket);
  } finally {
    client.destroy();
  }
}

async function configure(client: S3Client, Bucket: string): Promise<void> {
  try {
    await client.send(
      new PutBucketVersioningCommand({ Bucket, VersioningConfiguration: { Status: "Enabled" } }),
    );
    await client.send(new PutBucketPolicyCommand({ Bucket, Policy: anonymousReadPolicy(Bucket) }));
  } catch (error) {
    // Half a bucket would be in the way of the next attempt.
    await client.send(new DeleteBucketCommand({ Bucket }));
    throw error;
  }
}

/** Removes the bucket with every version of every object. Does nothing when there is no such bucket. */
export async function removeLocalBucket(bucket: LocalBucket): Promise<void> {
  const { bucketName: Bucket } = bucket;
  const client = localClient(bucket);
  try {
    if (!(await bucketExists(client, Bucket))) {
      return;
    }
    for (;;) {
      const page = await client.send(new ListObjectVersionsCommand({ Bucket }));
      const entries = [...(page.Versions ?? []), ...(page.DeleteMarkers ?? [])];
      if (entries.length === 0) {
        break;
      }
      for (const { Key, VersionId } of entries) {
        await client.send(new DeleteObjectCommand({ Bucket, Key, VersionId }));
      }
    }
    await client.send(new DeleteBucketCommand({ Bucket }));
  } finally {
    client.destroy();
  }
}

async function bucketExists(client: S3Client, Bucket: string): Promise<boolean> {
  try {
    await client.send(new HeadBucketCommand({ Bucket }));
    return true;
  } catch (error) {
    if (error instanceof S3ServiceException && error.$metadata.httpStatusCode === 404) {
      return false;
    }
    throw error;
  }
}
