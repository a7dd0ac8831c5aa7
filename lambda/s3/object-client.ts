import type { Readable } from "node:stream";

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
  /** @default 1000 - the most that S3 returns */
  readonly limit?: number;
}

/** One entry of a key's version stack. */
export interface ListedVersion {
  readonly versionId: string;
  readonly isDeleteMarker: boolean;
  /** Without quotes; absent for a delete marker. */
  readonly etag?: string;
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
  readonly headers: ObjectHeaders;
}

export interface ReadRequest {
  /** Names the version; without it the current one is read. */
  readonly versionId?: string;
}

export interface ObjectContent extends ObjectHead {
  /** How many tags the object carries; their values are read with `tags`. */
  readonly tagCount: number;
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

/**
 * The part of the S3 API that replication needs, for one bucket. There is no unconditional write and no
 * delete. Every method rejects with a `StoreError`; none retries.
 */
export interface ObjectClient {
  readonly bucket: string;
  list(request?: ListRequest): Promise<ListingPage>;
  /** The key's version stack, newest first; empty when the store has never seen the key. */
  versions(key: string): Promise<readonly ListedVersion[]>;
  /** Undefined when there is no such key or version, or when a delete marker stands there. */
  head(key: string, request?: ReadRequest): Promise<ObjectHead | undefined>;
  get(key: string, request?: ReadRequest): Promise<ObjectContent>;
  tags(key: string, request?: ReadRequest): Promise<ObjectTags>;
  put(key: string, request: PutRequest): Promise<PutResult>;
  close(): void;
}
