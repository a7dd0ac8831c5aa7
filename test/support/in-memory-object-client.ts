import { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import {
  type ByteExtent,
  partExtent,
  rangeExtent,
  wholeExtent,
} from "../../drill/local-cloud/embedded/byte-extent";
import { listObjects } from "../../drill/local-cloud/embedded/listing";
import { checkUnchanged } from "../../drill/local-cloud/embedded/multipart-uploads";
import { checkedTags } from "../../drill/local-cloud/embedded/object-headers";
import { preconditionFailed, S3Refusal } from "../../drill/local-cloud/embedded/s3-refusal";
import type { StoredObject } from "../../drill/local-cloud/embedded/stored-version";
import { type PutCondition, VersionedBucket } from "../../drill/local-cloud/embedded/versioned-bucket";
import { GREATEST_BATCH } from "../../lambda/s3/batch-delete";
import { errorKind } from "../../lambda/s3/error-kind";
import type {
  BatchDeleteResult,
  CompleteUploadRequest,
  ContentRequest,
  DeleteResult,
  DeleteTarget,
  ListedPart,
  ListedVersion,
  ListingPage,
  ListRequest,
  ObjectClient,
  ObjectContent,
  ObjectHead,
  ObjectHeaders,
  ObjectTags,
  OpenUpload,
  PutRequest,
  PutResult,
  ReadRequest,
  UploadedPart,
  UploadPartRequest,
  Versioning,
  WriteCondition,
} from "../../lambda/s3/object-client";
import { StoreError, type StoreErrorKind } from "../../lambda/s3/store-error";
import { bytesOf, headOf, storedPart, wholeSeconds } from "./in-memory-objects";
import { type InMemoryUploads, uploadsOf } from "./in-memory-uploads";

const S3_OPERATIONS = {
  versioning: "GetBucketVersioning",
  list: "ListObjectsV2",
  versions: "ListObjectVersions",
  head: "HeadObject",
  get: "GetObject",
  tags: "GetObjectTagging",
  put: "PutObject",
  delete: "DeleteObject",
  deleteBatch: "DeleteObjects",
  putTags: "PutObjectTagging",
  createUpload: "CreateMultipartUpload",
  uploadPart: "UploadPart",
  parts: "ListParts",
  completeUpload: "CompleteMultipartUpload",
  abortUpload: "AbortMultipartUpload",
  uploads: "ListMultipartUploads",
} as const;

/** The methods of `ObjectClient`, each of which is one request here. */
export type ObjectClientOperation = keyof typeof S3_OPERATIONS;

export type Interceptor = (operation: ObjectClientOperation, key: string | undefined) => void | Promise<void>;

export interface InMemoryObjectClientOptions {
  /** @default "bucket" */
  readonly bucketName?: string;
  /** @default - a new, empty, versioned bucket; give one bucket to several clients to let them race */
  readonly bucket?: VersionedBucket<Buffer>;
  /** Milliseconds since 1970. @default Date.now */
  readonly clock?: () => number;
  /**
   * Called before each request takes effect; `key` is absent for those that name none, or many. Throw a
   * `StoreError` to make the request fail, or change the bucket to act between two requests.
   */
  readonly intercept?: Interceptor;
  /**
   * Called after a request took effect, and before its caller learns so; not after one that was refused. Throw a
   * `StoreError` to lose the answer, such as by a connection that is cut at the worst moment.
   */
  readonly interceptAfter?: Interceptor;
  /** Bytes that every part of an upload must have, the last one aside. @default 5 MiB, as on S3 */
  readonly leastPartBytes?: number;
}

/** A versioned, empty bucket whose version ids are `prefix1`, `prefix2` and so on. */
export function inMemoryBucket(clock: () => number = Date.now, prefix = "v"): VersionedBucket<Buffer> {
  let count = 0;
  const bucket = new VersionedBucket<Buffer>({
    clock,
    nextVersionId: () => {
      count += 1;
      return `${prefix}${count}`;
    },
  });
  bucket.versioning = "Enabled";
  return bucket;
}

/** Puts an object as a writer does: without a condition. */
export function writeObject(
  bucket: VersionedBucket<Buffer>,
  key: string,
  body: string | Buffer,
  headers: ObjectHeaders = { metadata: {} },
  tags: ObjectTags = {},
): StoredObject<Buffer> {
  const part = storedPart(Buffer.from(body));
  return bucket.put(key, { parts: [part], multipart: false, headers, tags });
}

/** A store without a network, for tests of decisions. Held to the same conformance suite as the real client. */
export class InMemoryObjectClient implements ObjectClient {
  public readonly bucket: string;
  /** What the store holds, to be looked at and changed by a test. */
  public readonly contents: VersionedBucket<Buffer>;
  private readonly clock: () => number;
  private readonly multipart: InMemoryUploads;

  constructor(private readonly options: InMemoryObjectClientOptions = {}) {
    this.bucket = options.bucketName ?? "bucket";
    this.clock = options.clock ?? Date.now;
    this.contents = options.bucket ?? inMemoryBucket(this.clock);
    this.multipart = uploadsOf(this.contents);
  }

  public versioning(): Promise<Versioning> {
    return this.perform("versioning", undefined, () => {
      const status = this.contents.versioning;
      if (status === undefined) return "off";
      return status === "Enabled" ? "enabled" : "suspended";
    });
  }

  public list(request: ListRequest = {}): Promise<ListingPage> {
    return this.perform("list", undefined, () => {
      const { after, prefix, limit = 1000 } = request;
      const page = listObjects(this.contents, { after, prefix, limit });
      return {
        objects: page.objects.map(({ key, etag, size, lastModified }) => {
          return { key, etag, size, lastModified: wholeSeconds(lastModified) };
        }),
        isTruncated: page.isTruncated,
        serverDate: wholeSeconds(this.clock()),
      };
    });
  }

  public versions(key: string): Promise<readonly ListedVersion[]> {
    return this.perform("versions", key, () =>
      this.contents.stack(key).map((version) => {
        const { versionId } = version;
        return version.kind === "marker"
          ? { versionId, isDeleteMarker: true, placedAt: new Date(version.lastModified) }
          : { versionId, isDeleteMarker: false, etag: version.etag };
      }),
    );
  }

  public head(key: string, request: ReadRequest = {}): Promise<ObjectHead | undefined> {
    return this.perform("head", key, () => {
      try {
        const { object, extent } = this.read(key, request);
        return headOf(object, extent);
      } catch (error) {
        // A delete marker that is named is 405.
        if (error instanceof S3Refusal && (error.status === 404 || error.status === 405)) return undefined;
        throw error;
      }
    });
  }

  public get(key: string, request: ContentRequest = {}): Promise<ObjectContent> {
    return this.perform("get", key, () => {
      const { object, extent } = this.read(key, request);
      return {
        ...headOf(object, extent),
        tagCount: Object.keys(object.tags).length,
        body: Readable.from(bytesOf(object, extent), { objectMode: false }),
      };
    });
  }

  public tags(key: string, request: ReadRequest = {}): Promise<ObjectTags> {
    return this.perform("tags", key, () => this.contents.get(key, request.versionId).tags);
  }

  public putTags(key: string, tags: ObjectTags, request: ReadRequest = {}): Promise<void> {
    return this.perform("putTags", key, () => {
      this.contents.tag(key, checkedTags(Object.entries(tags)), request.versionId);
    });
  }

  public delete(target: DeleteTarget): Promise<DeleteResult> {
    return this.perform("delete", target.key, () => this.deleteOne(target));
  }

  public deleteBatch(targets: readonly DeleteTarget[]): Promise<readonly BatchDeleteResult[]> {
    return this.perform("deleteBatch", undefined, () => {
      if (targets.length > GREATEST_BATCH) {
        throw new S3Refusal(400, "MalformedXML", `a batch names at most ${GREATEST_BATCH} objects`);
      }
      return targets.map((target) => this.deleteOne(target));
    });
  }

  public async put(key: string, request: PutRequest): Promise<PutResult> {
    const content = await this.receive("put", key, request);
    return this.perform("put", key, () => {
      const { versionId, etag } = this.contents.put(
        key,
        {
          parts: [storedPart(content, request.contentMd5)],
          multipart: false,
          headers: request.headers,
          tags: request.tags ?? {},
        },
        putCondition(request.condition),
      );
      return { versionId, etag };
    });
  }

  public createUpload(
    key: string,
    { headers, tags = {} }: Pick<PutRequest, "headers" | "tags">,
  ): Promise<string> {
    return this.perform("createUpload", key, () => {
      const uploadId = this.multipart.nextId();
      const keyExisted = this.contents.current(key)?.kind === "object";
      this.multipart.begin({ uploadId, key, initiated: this.clock(), keyExisted, headers, tags });
      return uploadId;
    });
  }

  public async uploadPart(key: string, request: UploadPartRequest): Promise<UploadedPart> {
    const content = await this.receive("uploadPart", key, request);
    return this.perform("uploadPart", key, () => {
      const part = storedPart(content, request.contentMd5);
      this.multipart.addPart(key, request.uploadId, request.partNumber, part);
      return { partNumber: request.partNumber, etag: part.etag };
    });
  }

  public parts(key: string, uploadId: string): Promise<readonly ListedPart[]> {
    return this.perform("parts", key, () =>
      this.multipart.parts(key, uploadId).map(([partNumber, { etag, size }]) => ({ partNumber, etag, size })),
    );
  }

  public completeUpload(key: string, request: CompleteUploadRequest): Promise<PutResult> {
    return this.perform("completeUpload", key, () => {
      const { uploadId } = request;
      const { upload } = this.multipart.find(key, uploadId);
      const { headers, tags } = upload;
      const condition = putCondition(request.condition);
      const parts = this.multipart.chosenParts(key, uploadId, request.parts, this.options.leastPartBytes);
      this.contents.checkCondition(key, condition);
      checkUnchanged(upload, this.contents.current(key), condition);
      const object = { parts, multipart: true, headers, tags };
      const { versionId, etag } = this.contents.put(key, object, condition);
      this.multipart.end(uploadId);
      return { versionId, etag };
    });
  }

  public abortUpload(key: string, uploadId: string): Promise<void> {
    return this.perform("abortUpload", key, () => {
      if (this.multipart.list(key).some((upload) => upload.key === key && upload.uploadId === uploadId)) {
        this.multipart.end(uploadId);
      }
    });
  }

  public uploads(key: string): Promise<readonly OpenUpload[]> {
    return this.perform("uploads", key, () =>
      this.multipart
        .list(key)
        .filter((upload) => upload.key === key)
        .map(({ uploadId, initiated }) => ({ uploadId, initiated: new Date(initiated) })),
    );
  }

  public close(): void {
    // Nothing is open.
  }

  private read(key: string, request: ContentRequest): { object: StoredObject<Buffer>; extent: ByteExtent } {
    const object = this.contents.get(key, request.versionId);
    if (request.ifMatch !== undefined && request.ifMatch !== object.etag) throw preconditionFailed();
    const { partNumber, range } = request;
    if (partNumber !== undefined) return { object, extent: partExtent(object, partNumber) };
    const extent =
      range === undefined ? wholeExtent(object.size) : rangeExtent(object.size, range.first, range.last);
    return { object, extent };
  }

  private deleteOne({ key, versionId }: DeleteTarget): DeleteResult {
    const removed = this.contents.delete(key, versionId);
    const placed = versionId === undefined && removed?.kind === "marker";
    return placed ? { markerVersionId: removed.versionId } : {};
  }

  /** The interceptors may wait; the request itself takes effect in one step, so that races are decided here. */
  private async perform<T>(
    operation: ObjectClientOperation,
    key: string | undefined,
    effect: () => T,
  ): Promise<T> {
    await this.options.intercept?.(operation, key);
    const result = this.take(operation, key, effect);
    await this.options.interceptAfter?.(operation, key);
    return result;
  }

  private take<T>(operation: ObjectClientOperation, key: string | undefined, effect: () => T): T {
    try {
      return effect();
    } catch (error) {
      if (!(error instanceof S3Refusal)) throw error;
      throw new StoreError(error.message, {
        kind: errorKind(S3_OPERATIONS[operation], error.status, error.code),
        operation: S3_OPERATIONS[operation],
        bucket: this.bucket,
        key,
        code: error.code,
      });
    }
  }

  private async receive(
    operation: "put" | "uploadPart",
    key: string,
    request: Pick<PutRequest, "body" | "size">,
  ): Promise<Buffer> {
    const fail = (kind: StoreErrorKind, message: string, cause?: unknown) =>
      new StoreError(message, {
        kind,
        operation: S3_OPERATIONS[operation],
        bucket: this.bucket,
        key,
        cause,
      });
    let content: Buffer;
    try {
      content = Buffer.isBuffer(request.body) ? Buffer.from(request.body) : await buffer(request.body);
    } catch (error) {
      throw fail("unreachable", "the body could not be read to its end", error);
    }
    if (content.length !== request.size) {
      throw fail("refused", `the body has ${content.length} bytes, ${request.size} were announced`);
    }
    return content;
  }
}

function putCondition(condition: WriteCondition): PutCondition {
  return "absent" in condition ? { ifNoneMatch: "*" } : { ifMatch: condition.etag };
}
