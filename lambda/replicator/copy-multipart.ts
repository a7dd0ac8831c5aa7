import { createHash, randomUUID } from "node:crypto";
import type { ListedPart, ObjectHead, UploadedPart } from "../s3/object-client";
import { StoreError } from "../s3/store-error";
import { type Copied, type CopyRequest, refuseDropped, replicaHeaders } from "./copy-object";
import { copyPart } from "./copy-part";
import { OutOfTimeError, RetriesExhaustedError } from "./retry";
import { isReplicaOf } from "./rules";
import { likenessOf } from "./stamp";
import { tagsToCopy } from "./tags-to-copy";
import { UnsupportedObjectError } from "./unsupported-object";
import type { KnownUpload, RecordedUpload } from "./upload-journal";

/** Parts of one object that are on their way at one time. */
const PARTS_IN_FLIGHT = 4;

/** An object that was put in parts, as a read of its first part shows it. */
export interface MultipartOriginal extends ObjectHead {
  readonly partCount: number;
}

type CreatedUpload = Required<KnownUpload>;

interface OpenedUpload extends CreatedUpload {
  /** Begun by an earlier run or attempt. */
  readonly resumed: boolean;
}

/** How many parts an object with this ETag was put in; undefined when it was put in one piece. */
export function partCountOf(etag: string): number | undefined {
  const count = /^[0-9a-f]{32}-([1-9]\d{0,4})$/.exec(etag)?.[1];
  return count === undefined ? undefined : Number(count);
}

/** The ETag of an object that is put in these parts. */
export function multipartEtag(parts: readonly UploadedPart[]): string {
  const digests = parts.map(({ etag }) => Buffer.from(etag, "hex"));
  return `${createHash("md5").update(Buffer.concat(digests)).digest("hex")}-${parts.length}`;
}

/**
 * Copies one version part by part, so that the replica has the same ETag, which proves that it is equal. An upload
 * that an earlier run or attempt left open is gone on with. Nothing is completed that would not have this ETag.
 *
 * @throws UnsupportedObjectError when the destination cannot hold it
 * @throws StoreError of kind `precondition-failed` when the destination is no longer as it was seen
 */
export async function copyMultipart(request: CopyRequest, original: MultipartOriginal): Promise<Copied> {
  const { stores } = request;
  await refuseDropped(stores, original.headers);
  const { etag } = original;
  return new MultipartCopy(request, original).run({ etag, hashesParts: !stores.etags.areDigests });
}

/** One way to copy the object; where it leads nowhere, the next one is tried. */
interface Attempt {
  /** What the replica is to have, and is stamped with. */
  readonly etag: string;
  /** Whether every part is hashed here: not needed as long as the destination's ETags make the source's. */
  readonly hashesParts: boolean;
}

/** The last one follows only on parts that were damaged on their way. */
const MOST_MISSES = 3;

class MultipartCopy {
  private misses = 0;

  constructor(
    private readonly request: CopyRequest,
    private readonly original: MultipartOriginal,
  ) {}

  public async run(attempt: Attempt): Promise<Copied> {
    const { journal } = this.request.stores;
    const upload = await this.open(attempt);
    try {
      const { parts, size } = await this.copyParts(upload, attempt);
      const etag = multipartEtag(parts);
      if (etag !== attempt.etag) {
        await this.abort(upload);
        return await this.runAgain(attempt, etag, upload.resumed);
      }
      const replica = await this.complete(upload.uploadId, parts);
      // The object is there. What cannot be taken off the record now, a later run takes off.
      await journal.forget(upload).catch(() => undefined);
      return { replica, size };
    } catch (error) {
      // What a later attempt can go on with stays open, and on record.
      if (error instanceof RetriesExhaustedError || error instanceof OutOfTimeError) throw error;
      if (error instanceof StoreError && error.retryable) throw error;
      if (upload.resumed && error instanceof StoreError && error.operation === "ListParts") {
        // Ended since it was recorded. As long as it is on record it would be gone on with again.
        await this.abort(upload);
        return (await this.completedBefore()) ?? this.run(attempt);
      }
      await this.abortQuietly(upload);
      throw error;
    }
  }

  /**
   * The parts make another ETag than expected. Left over parts may be of something else: begin anew. Else the source
   * may encrypt with keys of its own, so that its ETag is no digest: then the replica is stamped with the right one,
   * if hashes show that neither the destination nor the way altered them.
   */
  private runAgain(attempt: Attempt, found: string, resumed: boolean): Promise<Copied> {
    if (resumed) return this.run(attempt);
    const { etag } = this.original;
    if (attempt.hashesParts) this.request.stores.etags.compared(etag, found);
    this.misses += 1;
    if (this.misses < MOST_MISSES && [found, attempt.etag].includes(etag))
      return this.run({ etag: found, hashesParts: true });
    throw new UnsupportedObjectError(
      `its parts read as "${attempt.etag}" once and as "${found}" then; the destination may encrypt or compress on its own, so a replica cannot be told from a rewrite`,
    );
  }

  /** By an attempt whose answer was lost, or by another run: nothing has to be sent again. */
  private async completedBefore(): Promise<Copied | undefined> {
    const { key, stores } = this.request;
    const replica = await stores.destination.head(key);
    return replica && isReplicaOf(key, replica, stores.ids.source, this.original)
      ? { replica, size: replica.size }
      : undefined;
  }

  private async open(attempt: Attempt): Promise<OpenedUpload> {
    const { key, stores } = this.request;
    const { journal, destination } = stores;
    const { versionId, etag, headers: original } = this.original;
    const origin = { storeId: stores.ids.source, versionId, etag };
    const likeness = likenessOf(key, original, attempt.etag, origin);
    if (attempt.etag === etag) {
      const recorded = await journal.recorded();
      const left = recorded.find((upload) => upload.key === key && upload.likeness === likeness);
      if (left?.uploadId !== undefined) return { id: left.id, uploadId: left.uploadId, resumed: true };
    }
    const headers = replicaHeaders(this.request, this.original, attempt.etag);
    const tags = await tagsToCopy(stores, key, this.original);
    const id = randomUUID();
    const begunAt = stores.now().toISOString();
    const upload: RecordedUpload = { id, key, versionId, etag, likeness, begunAt };
    await journal.record(upload);
    await stores.confirm();
    const uploadId = await destination.createUpload(key, { headers, tags });
    await journal.record({ ...upload, uploadId });
    return { id, uploadId, resumed: false };
  }

  private async copyParts({ uploadId, resumed }: OpenedUpload, { hashesParts: isHashed }: Attempt) {
    const { original } = this;
    const { key, stores, retrying } = this.request;
    const there = new Map<number, ListedPart>();
    const left = resumed ? await stores.destination.parts(key, uploadId) : [];
    for (const part of left) there.set(part.partNumber, part);
    const parts: UploadedPart[] = [];
    let size = 0;
    // From the last part on, which is no larger than the others: the first one of a run goes alone.
    let next = original.partCount;
    let failed = false;
    const lane = async () => {
      while (next >= 1 && !failed) {
        const partNumber = next;
        next -= 1;
        const part =
          there.get(partNumber) ??
          (await retrying(() => copyPart({ stores, key, original, uploadId, partNumber, isHashed })));
        parts[partNumber - 1] = { partNumber, etag: part.etag };
        size += part.size;
      }
    };
    const lanes = Array.from({ length: PARTS_IN_FLIGHT }, () =>
      lane().catch((error: unknown) => {
        failed = true;
        throw error;
      }),
    );
    const ended = await Promise.allSettled(lanes);
    const rejected = ended.find((outcome) => outcome.status === "rejected");
    if (rejected) throw rejected.reason;
    return { parts, size };
  }

  private async complete(uploadId: string, parts: readonly UploadedPart[]) {
    const { stores, key, condition } = this.request;
    await stores.confirm();
    return stores.destination.completeUpload(key, { uploadId, parts, condition });
  }

  private async abort(upload: CreatedUpload): Promise<void> {
    const { stores, key } = this.request;
    await stores.confirm();
    await stores.destination.abortUpload(key, upload.uploadId);
    await stores.journal.forget(upload);
  }

  /** What cannot be aborted now stays on record: a later run does it. */
  private async abortQuietly(upload: CreatedUpload): Promise<void> {
    try {
      await this.abort(upload);
    } catch {
      // The error that led here says more.
    }
  }
}
