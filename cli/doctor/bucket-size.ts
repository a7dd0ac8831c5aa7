import { ListObjectVersionsCommand, type ListObjectVersionsOutput } from "@aws-sdk/client-s3";
import type { ObjectClient } from "../../lambda/s3/object-client";
import type { ObjectClientOptions } from "../../lambda/s3/object-client-options";
import { SdkSession } from "../../lambda/s3/sdk-session";
import { StoreError } from "../../lambda/s3/store-error";

/** Objects, and bytes in them. */
export interface Amount {
  readonly objects: number;
  /** As S3 counts them. */
  readonly bytes: number;
  /** As they lie on a MinIO volume. */
  readonly diskBytes: number;
}

export interface BucketSize {
  readonly current: Amount;
  /** With older versions; absent where they could not be listed. */
  readonly withVersions?: Amount;
}

/** A file system gives whole blocks, and MinIO adds one to each object for what it knows of it. */
const BLOCK_BYTES = 4096;

export const NOTHING: Amount = { objects: 0, bytes: 0, diskBytes: 0 };

export function plus(sum: Amount, size: number): Amount {
  const blocks = Math.ceil(size / BLOCK_BYTES) + 1;
  return {
    objects: sum.objects + 1,
    bytes: sum.bytes + size,
    diskBytes: sum.diskBytes + blocks * BLOCK_BYTES,
  };
}

export interface Listing {
  readonly connection: ObjectClientOptions;
  readonly client: ObjectClient;
  readonly signal: AbortSignal;
  readonly onProgress: (current: Amount) => void;
}

/**
 * The size of a bucket by one listing of all versions; where that is not allowed, of the current ones only.
 *
 * @throws StoreError
 */
export async function bucketSize(listing: Listing): Promise<BucketSize> {
  try {
    return await sizeWithVersions(listing);
  } catch (error) {
    if (!(error instanceof StoreError) || error.kind !== "access-denied") throw error;
    return { current: await sizeOfCurrent(listing) };
  }
}

async function sizeWithVersions({ connection, signal, onProgress }: Listing): Promise<BucketSize> {
  const session = new SdkSession(connection);
  const request = session.describe("ListObjectVersions");
  let current = NOTHING;
  let withVersions = NOTHING;
  let from: Pick<ListObjectVersionsOutput, "NextKeyMarker" | "NextVersionIdMarker"> = {};
  try {
    for (;;) {
      signal.throwIfAborted();
      const command = new ListObjectVersionsCommand({
        Bucket: session.bucket,
        EncodingType: "url",
        // Encoded in the answer, and wanted as it is in the question.
        KeyMarker: from.NextKeyMarker && decodeURIComponent(from.NextKeyMarker.replaceAll("+", " ")),
        VersionIdMarker: from.NextVersionIdMarker || undefined,
      });
      const page = await session.perform(request, () => session.client.send(command));
      for (const { Size = 0, IsLatest } of page.Versions ?? []) {
        withVersions = plus(withVersions, Size);
        if (IsLatest) current = plus(current, Size);
      }
      onProgress(current);
      const stands =
        page.NextKeyMarker === from.NextKeyMarker && page.NextVersionIdMarker === from.NextVersionIdMarker;
      // A server that does not get on would keep us for ever.
      if (!page.IsTruncated || stands) return { current, withVersions };
      from = page;
    }
  } finally {
    session.client.destroy();
  }
}

async function sizeOfCurrent({ client, signal, onProgress }: Listing): Promise<Amount> {
  let current = NOTHING;
  let after: string | undefined;
  for (;;) {
    signal.throwIfAborted();
    const page = await client.list({ after });
    for (const { size } of page.objects) current = plus(current, size);
    onProgress(current);
    after = page.objects.at(-1)?.key;
    if (!page.isTruncated || after === undefined) return current;
  }
}
