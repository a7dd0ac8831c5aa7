import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { BlobFolder } from "./blob-folder";
import { Journal } from "./journal";
import { LEAST_PART_BYTES, MultipartUploads, type UploadChange } from "./multipart-uploads";
import { type BucketChange, VersionedBucket } from "./versioned-bucket";

type Change = BucketChange<string> | UploadChange<string>;

/** A versioned bucket that is as it was when the process is killed and started again. */
export interface StoredBucket {
  readonly name: string;
  readonly region: string;
  readonly bucket: VersionedBucket<string>;
  readonly uploads: MultipartUploads<string>;
  readonly blobs: BlobFolder;
  /** Bytes that every part of an upload must have, the last one aside. */
  readonly leastPartBytes: number;
}

/** How the store differs from a new bucket on S3 as replication wants it. */
export interface StoreRules {
  /** Bytes that every part of an upload must have, the last one aside. @default 5 MiB, as on S3 */
  readonly leastPartBytes?: number;
  /** Whether a new bucket is versioned. @default true */
  readonly versioned?: boolean;
}

/** Opens the bucket that the folder holds; a new one is empty. */
export function openStoredBucket(
  folder: string,
  name: string,
  region: string,
  { leastPartBytes = LEAST_PART_BYTES, versioned = true }: StoreRules = {},
): StoredBucket {
  const blobs = new BlobFolder(join(folder, "blobs"));
  const record = (change: Change) => journal.append(change);
  const bucket = new VersionedBucket<string>({
    clock: Date.now,
    nextVersionId: () => randomBytes(16).toString("base64url"),
    record,
  });
  const uploads = new MultipartUploads<string>(record);
  const journal = new Journal<Change>(join(folder, "journal.jsonl"), (change) => {
    switch (change.type) {
      case "upload-began":
      case "part-uploaded":
      case "upload-ended":
        uploads.replay(change);
        return;
      case "versioning":
      case "version-added":
      case "version-removed":
      case "tagged":
        bucket.replay(change);
    }
  });
  if (versioned && bucket.versioning === undefined) bucket.versioning = "Enabled";
  blobs.removeAllBut(new Set(referredContents(bucket, uploads)));
  return { name, region, bucket, uploads, blobs, leastPartBytes };
}

function* referredContents(
  bucket: VersionedBucket<string>,
  uploads: MultipartUploads<string>,
): Generator<string> {
  for (const key of bucket.keysFrom("")) {
    for (const version of bucket.stack(key)) {
      if (version.kind === "object") yield* version.parts.map((part) => part.content);
    }
  }
  yield* uploads.contents();
}
