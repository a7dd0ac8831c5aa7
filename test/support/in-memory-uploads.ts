import { MultipartUploads } from "../../drill/local-cloud/embedded/multipart-uploads";
import type { VersionedBucket } from "../../drill/local-cloud/embedded/versioned-bucket";

/** Multipart uploads whose ids are `upload1`, `upload2` and so on. */
export class InMemoryUploads extends MultipartUploads<Buffer> {
  private count = 0;

  constructor() {
    super(() => {});
  }

  public nextId(): string {
    this.count += 1;
    return `upload${this.count}`;
  }
}

/** Every bucket has its uploads, whichever client they came through. */
const uploadsOfBuckets = new WeakMap<VersionedBucket<Buffer>, InMemoryUploads>();

/** The multipart uploads that are open in a bucket. */
export function uploadsOf(bucket: VersionedBucket<Buffer>): InMemoryUploads {
  const uploads = uploadsOfBuckets.get(bucket) ?? new InMemoryUploads();
  uploadsOfBuckets.set(bucket, uploads);
  return uploads;
}
