import { createHash } from "node:crypto";
import { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { listObjects } from "../../drill/local-cloud/embedded/listing";
import { S3Refusal } from "../../drill/local-cloud/embedded/s3-refusal";
import type { StoredObject } from "../../drill/local-cloud/embedded/stored-version";
import { VersionedBucket } from "../../drill/local-cloud/embedded/versioned-bucket";
import { errorKind } from "../../lambda/s3/error-kind";
import {
  DEFAULT_CONTENT_TYPE,
  type ListedVersion,
  type ListingPage,
  type ListRequest,
  type ObjectClient,
  type ObjectContent,
  type ObjectHead,
  type ObjectHeaders,
  type ObjectTags,
  type PutRequest,
  type PutResult,
  type ReadRequest,
} from "../../lambda/s3/object-client";
import { StoreError, type StoreErrorKind } from "../../lambda/s3/store-error";

export type ObjectClientOperation = "list" | "versions" | "head" | "get" | "tags" | "put";

const S3_OPERATIONS: Readonly<Record<ObjectClientOperation, string>> = {
  list: "ListObjectsV2",
  versions: "ListObjectVersions",
  head: "HeadObject",
  get: "GetObject",
  tags: "GetObjectTagging",
  put: "PutObject",
};

export interface InMemoryObjectClientOptions {
  /** @default "bucket" */
  readonly bucketName?: string;
  /** @default - a new, empty, versioned bucket; give one bucket to several clients to let them race */
  readonly bucket?: VersionedBucket<Buffer>;
  /** Milliseconds since 1970. @default Date.now */
  readonly clock?: () => number;
  /**
   * Called before each request takes effect; `key` is absent for `list`. Throw a `StoreError` to make the
   * request fail, or change the bucket to act between two requests.
   */
  readonly intercept?: (operation: ObjectClientOperation, key: string | undefined) => void | Promise<void>;
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
  const content = Buffer.from(body);
  const part = { content, size: content.length, etag: md5(content).toString("hex") };
  return bucket.put(key, { parts: [part], multipart: false, headers, tags });
}

/** A store without a network, for tests of decisions. Held to the same conformance suite as the real client. */
export class InMemoryObjectClient implements ObjectClient {
  public readonly bucket: string;
  /** What the store holds, to be looked at and changed by a test. */
  public readonly contents: VersionedBucket<Buffer>;
  private readonly clock: () => number;

  constructor(private readonly options: InMemoryObjectClientOptions = {}) {
    this.bucket = options.bucketName ?? "bucket";
    this.clock = options.clock ?? Date.now;
    this.contents = options.bucket ?? inMemoryBucket(this.clock);
  }

  public list(request: ListRequest = {}): Promise<ListingPage> {
    return this.perform("list", undefined, () => {
      const page = listObjects(this.contents, { after: request.after, limit: request.limit ?? 1000 });
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
          ? { versionId, isDeleteMarker: true }
          : { versionId, isDeleteMarker: false, etag: version.etag };
      }),
    );
  }

  public head(key: string, request: ReadRequest = {}): Promise<ObjectHead | undefined> {
    return this.perform("head", key, () => {
      try {
        return headOf(this.contents.get(key, request.versionId));
      } catch (error) {
        if (error instanceof S3Refusal) return undefined;
        throw error;
      }
    });
  }

  public get(key: string, request: ReadRequest = {}): Promise<ObjectContent> {
    return this.perform("get", key, () => {
      const object = this.contents.get(key, request.versionId);
      return {
        ...headOf(object),
        tagCount: Object.keys(object.tags).length,
        body: Readable.from(
          object.parts.map((part) => part.content),
          { objectMode: false },
        ),
      };
    });
  }

  public tags(key: string, request: ReadRequest = {}): Promise<ObjectTags> {
    return this.perform("tags", key, () => this.contents.get(key, request.versionId).tags);
  }

  public async put(key: string, request: PutRequest): Promise<PutResult> {
    const content = await this.receive(key, request);
    return this.perform("put", key, () => {
      const digest = md5(content);
      if (digest.toString("base64") !== request.contentMd5) {
        throw new S3Refusal(400, "BadDigest", "the body does not match Content-MD5");
      }
      const part = { content, size: content.length, etag: digest.toString("hex") };
      const { versionId, etag } = this.contents.put(
        key,
        { parts: [part], multipart: false, headers: request.headers, tags: request.tags ?? {} },
        "absent" in request.condition ? { ifNoneMatch: "*" } : { ifMatch: request.condition.etag },
      );
      return { versionId, etag };
    });
  }

  public close(): void {
    // Nothing is open.
  }

  /** The interceptor may wait; the request itself takes effect in one step, so that races are decided here. */
  private async perform<T>(
    operation: ObjectClientOperation,
    key: string | undefined,
    effect: () => T,
  ): Promise<T> {
    await this.options.intercept?.(operation, key);
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

  private async receive(key: string, request: PutRequest): Promise<Buffer> {
    const fail = (kind: StoreErrorKind, message: string, cause?: unknown) =>
      new StoreError(message, { kind, operation: S3_OPERATIONS.put, bucket: this.bucket, key, cause });
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

function headOf(object: StoredObject<Buffer>): ObjectHead {
  const { etag, size, versionId, headers } = object;
  const contentType = headers.contentType ?? DEFAULT_CONTENT_TYPE;
  return {
    etag,
    size,
    versionId,
    lastModified: wholeSeconds(object.lastModified),
    headers: { ...headers, contentType },
  };
}

function wholeSeconds(milliseconds: number): Date {
  return new Date(Math.floor(milliseconds / 1000) * 1000);
}

function md5(content: Buffer): Buffer {
  return createHash("md5").update(content).digest();
}
