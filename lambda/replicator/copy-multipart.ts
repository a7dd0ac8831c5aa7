import { createHash, randomUUID } from "node:crypto";
import { PassThrough } from "node:stream";
import { buffer } from "node:stream/consumers";
import { pipeline } from "node:stream/promises";
import type { ListedPart, ObjectContent, ObjectHead, UploadedPart } from "../s3/object-client";
import { StoreError } from "../s3/store-error";
import { BUFFERED_BYTES } from "./admission";
import {
  type Copied,
  type CopyRequest,
  isDoubtful,
  letGo,
  refuseDropped,
  replicaHeaders,
} from "./copy-object";
import { naming } from "./naming";
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
  if (isDoubtful(original.headers)) await refuseDropped(request.stores, original.headers);
  return new MultipartCopy(request, original).run(original.etag);
}

class MultipartCopy {
  constructor(
    private readonly request: CopyRequest,
    private readonly original: MultipartOriginal,
  ) {}

  public async run(expectedEtag: string): Promise<Copied> {
    const { journal } = this.request.stores;
    const upload = await this.open(expectedEtag);
    try {
      const { parts, size } = await this.copyParts(upload);
      const etag = multipartEtag(parts);
      if (etag !== expectedEtag) {
        await this.abort(upload);
        return await this.runAgain(expectedEtag, etag, upload.resumed);
      }
      const replica = await this.complete(upload.uploadId, parts);
      await journal.forget(upload);
      return { replica, size };
    } catch (error) {
      // What a later attempt can go on with stays open, and on record.
      if (error instanceof StoreError && error.retryable) throw error;
      if (upload.resumed && error instanceof StoreError && error.operation === "ListParts") {
        // Ended by somebody else since it was recorded. As long as it is on record it would be gone on with again.
        await this.abort(upload);
        return this.run(expectedEtag);
      }
      await this.abortQuietly(upload);
      throw error;
    }
  }

  /**
   * The parts make another ETag than the source shows. Left over parts may be of something else: begin anew. Else
   * the source encrypts with keys of its own, and its ETag is no digest; now that the right one is known, the
   * replica can be stamped with it.
   */
  private runAgain(expected: string, found: string, resumed: boolean): Promise<Copied> {
    if (resumed) return this.run(expected);
    if (expected === this.original.etag) return this.run(found);
    throw new UnsupportedObjectError(
      `its parts read as "${expected}" once and as "${found}" then; the destination may encrypt or compress on its own, so a replica cannot be told from a rewrite`,
    );
  }

  private async open(expectedEtag: string): Promise<OpenedUpload> {
    const { key, stores } = this.request;
    const { journal, destination } = stores;
    const { versionId, etag } = this.original;
    if (expectedEtag === etag) {
      const recorded = await journal.recorded();
      const left = recorded.find(
        (upload) => upload.key === key && upload.versionId === versionId && upload.etag === etag,
      );
      if (left?.uploadId !== undefined) return { id: left.id, uploadId: left.uploadId, resumed: true };
    }
    const headers = replicaHeaders(this.request, this.original, expectedEtag);
    const tags = await tagsToCopy(stores, key, this.original);
    const id = randomUUID();
    const upload: RecordedUpload = { id, key, versionId, etag, begunAt: stores.now().toISOString() };
    await journal.record(upload);
    await stores.confirm();
    const uploadId = await destination.createUpload(key, { headers, tags });
    await journal.record({ ...upload, uploadId });
    return { id, uploadId, resumed: false };
  }

  private async copyParts({
    uploadId,
    resumed,
  }: OpenedUpload): Promise<{ parts: UploadedPart[]; size: number }> {
    const { key, stores } = this.request;
    const there = new Map<number, ListedPart>();
    const left = resumed ? await stores.destination.parts(key, uploadId) : [];
    for (const part of left) there.set(part.partNumber, part);
    const parts: UploadedPart[] = [];
    let size = 0;
    let next = 1;
    let failed = false;
    const lane = async () => {
      while (next <= this.original.partCount && !failed) {
        const partNumber = next;
        next += 1;
        const part = there.get(partNumber) ?? (await this.copyPart(uploadId, partNumber));
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

  private async copyPart(uploadId: string, partNumber: number): Promise<ListedPart> {
    const { key, stores } = this.request;
    const content = await stores.source.get(key, {
      ...naming(this.original),
      partNumber,
      bufferUpTo: BUFFERED_BYTES,
    });
    try {
      const { body, digest } = await readable(content);
      await stores.confirm();
      const sent = { uploadId, partNumber, body, size: content.size };
      const { etag } = await stores.destination.uploadPart(key, sent);
      const md5 = digest();
      if (etag === md5) return { partNumber, etag, size: content.size };
      throw new UnsupportedObjectError(
        `the destination answered part ${partNumber} with ETag "${etag}" instead of its MD5; it encrypts or compresses on its own, so a replica cannot be told from a rewrite`,
      );
    } finally {
      letGo(content);
    }
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

/** A part's body as it can be sent, and its MD5 once it was. */
async function readable(content: ObjectContent) {
  const hash = createHash("md5");
  if (content.size <= BUFFERED_BYTES) {
    const body = content.buffered ?? (await buffer(content.body));
    return { body, digest: () => hash.update(body).digest("hex") };
  }
  const body = new PassThrough();
  content.body.on("data", (piece: Buffer) => hash.update(piece));
  const piped = pipeline(content.body, body);
  // A failed source fails the request that sends it, whose rejection says the same: report it once.
  piped.catch(() => undefined);
  return { body, digest: () => hash.digest("hex") };
}
