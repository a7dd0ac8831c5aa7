import type { Readable } from "node:stream";
import type { StoreError } from "./store-error";

/** One object of a listing. ETags are kept as the server sends them, without the double quotes. */
export interface ListedObject {
  readonly key: string;
  readonly etag: string;
  /** Bytes. */
  readonly size: number;
  /** S3 shows whole seconds here, MinIO milliseconds. */
  readonly lastModified: Date;
}

export interface ListingPage {
  /** Ascending by the UTF-8 bytes of the key. */
  readonly objects: readonly ListedObject[];
  readonly isTruncated: boolean;
  /** The server's `Date`: the only clock that a sync point or watermark is taken from. */
  readonly serverDate: Date;
}

export interface ListRequest {
  /** Only keys strictly after this one. */
  readonly after?: string;
  /** Only keys that begin so. */
  readonly prefix?: string;
  /** @default 1000 - the most that S3 returns */
  readonly limit?: number;
}

/** One entry of a key's version stack. */
export interface ListedVersion {
  readonly versionId: string;
  readonly isDeleteMarker: boolean;
  /** Without quotes; absent for a delete marker. */
  readonly etag?: string;
  /** Of a delete marker only: when it was placed, by that store's clock. For people, never for a decision. */
  readonly placedAt?: Date;
}

/** What S3 gives an object that was put without a content type; clients send it, so that no server picks another. */
export const DEFAULT_CONTENT_TYPE = "binary/octet-stream";

/** Everything about an object that travels with a copy, tags aside. An absent field is an absent header. */
export interface ObjectHeaders {
  readonly contentType?: string;
  readonly cacheControl?: string;
  readonly contentDisposition?: string;
  readonly contentEncoding?: string;
  readonly contentLanguage?: string;
  /** The raw header: clients store what is no date, such as `0`. */
  readonly expires?: string;
  /** User metadata by lower-case name, without `x-amz-meta-`. */
  readonly metadata: Readonly<Record<string, string>>;
}

export interface ObjectHead {
  readonly etag: string;
  readonly size: number;
  readonly lastModified: Date;
  /** `"null"` where the bucket is not versioned. */
  readonly versionId: string;
  /** How many parts the object was put in; known only when a part was asked for, and it was put in parts. */
  readonly partCount?: number;
  readonly headers: ObjectHeaders;
}

export interface ReadRequest {
  /** Names the version; without it the current one is read. */
  readonly versionId?: string;
  /** One part of an object that was put in parts, from 1; the answer's `size` is the part's. */
  readonly partNumber?: number;
  /** Only if the object still has this ETag; else the read is refused as `precondition-failed`. */
  readonly ifMatch?: string;
}

export interface ContentRequest extends ReadRequest {
  /** Only these bytes, both ends included, counted from 0; the answer's `size` is their number. */
  readonly range?: { readonly first: number; readonly last: number };
  /**
   * A body of at most so many bytes may come in one buffer, which costs less than a stream. Implementations are
   * free to stream it all the same.
   *
   * @default - always a stream
   */
  readonly bufferUpTo?: number;
}

export interface ObjectContent extends ObjectHead {
  /** How many tags the object carries; their values are read with `tags`. */
  readonly tagCount: number;
  /** The whole body, where it came in one buffer; then `body` need not be touched. */
  readonly buffered?: Buffer;
  readonly body: Readable;
}

export type ObjectTags = Readonly<Record<string, string>>;

/** A write is always conditional: on the key being absent, or on the ETag that the writer has seen. */
export type WriteCondition = { readonly absent: true } | { readonly etag: string };

export interface PutRequest {
  readonly body: Buffer | Readable;
  /** Bytes; must be exact. */
  readonly size: number;
  /** Base64; the server refuses a body that does not match. */
  readonly contentMd5: string;
  readonly headers: ObjectHeaders;
  /** @default - no tags */
  readonly tags?: ObjectTags;
  readonly condition: WriteCondition;
}

export interface PutResult {
  readonly etag: string;
  readonly versionId: string;
}

/** One uploaded part. */
export interface UploadedPart {
  /** From 1. */
  readonly partNumber: number;
  readonly etag: string;
}

export interface ListedPart extends UploadedPart {
  /** Bytes. */
  readonly size: number;
}

export interface UploadPartRequest {
  readonly uploadId: string;
  readonly partNumber: number;
  readonly body: Buffer | Readable;
  /** Bytes; must be exact. */
  readonly size: number;
  /** Base64. @default - the caller compares the answer's ETag itself */
  readonly contentMd5?: string;
}

export interface CompleteUploadRequest {
  readonly uploadId: string;
  /** In ascending order of their numbers. */
  readonly parts: readonly UploadedPart[];
  readonly condition: WriteCondition;
}

/** A multipart upload that was begun and neither completed nor aborted. */
export interface OpenUpload {
  readonly uploadId: string;
  readonly initiated: Date;
}

/** What a delete removes: without a version it places a delete marker, where the bucket is versioned. */
export interface DeleteTarget {
  readonly key: string;
  readonly versionId?: string;
}

export interface DeleteResult {
  /** The version id of the delete marker that was placed; absent where none was. */
  readonly markerVersionId?: string;
}

/** One outcome of a batch, in the order in which the targets were given. */
export type BatchDeleteResult = DeleteResult | { readonly error: StoreError };

/** `off`: never switched on; every write and delete destroys what was there. */
export type Versioning = "enabled" | "suspended" | "off";

/**
 * The part of the S3 API that replication needs, for one bucket. There is no unconditional write. Every method
 * rejects with a `StoreError`; none retries.
 */
export interface ObjectClient {
  readonly bucket: string;
  versioning(): Promise<Versioning>;
  list(request?: ListRequest): Promise<ListingPage>;
  /** The key's version stack, newest first; empty when the store has never seen the key. */
  versions(key: string): Promise<readonly ListedVersion[]>;
  /** Undefined when there is no such key or version, or when a delete marker stands there. */
  head(key: string, request?: ReadRequest): Promise<ObjectHead | undefined>;
  get(key: string, request?: ContentRequest): Promise<ObjectContent>;
  /** Always uses the body up or destroys it. Destroying the body while it is sent cuts the request. */
  put(key: string, request: PutRequest): Promise<PutResult>;
  /** No store makes a delete conditional: look at the version stack before and after. */
  delete(target: DeleteTarget): Promise<DeleteResult>;
  /** At most 1,000 targets in one request. */
  deleteBatch(targets: readonly DeleteTarget[]): Promise<readonly BatchDeleteResult[]>;
  tags(key: string, request?: Pick<ReadRequest, "versionId">): Promise<ObjectTags>;
  /** Replaces all tags. Changes neither ETag nor last-modified. */
  putTags(key: string, tags: ObjectTags, request?: Pick<ReadRequest, "versionId">): Promise<void>;
  /** @returns the upload's id */
  createUpload(key: string, request: Pick<PutRequest, "headers" | "tags">): Promise<string>;
  /** Always uses the body up or destroys it, as `put` does. */
  uploadPart(key: string, request: UploadPartRequest): Promise<UploadedPart>;
  /** Ascending by part number, all pages. Rejects as `not-found` when there is no such upload any more. */
  parts(key: string, uploadId: string): Promise<readonly ListedPart[]>;
  /** Resolves only when the object is there: S3 may answer 200 and report an error in the body. */
  completeUpload(key: string, request: CompleteUploadRequest): Promise<PutResult>;
  /** Resolves as well when there is no such upload any more. */
  abortUpload(key: string, uploadId: string): Promise<void>;
  /** The uploads of exactly this key that are open, oldest first. */
  uploads(key: string): Promise<readonly OpenUpload[]>;
  close(): void;
}
