import { createHash } from "node:crypto";
import type { ObjectHeaders, ObjectTags } from "../../../lambda/s3/object-client";

/** A run of bytes that was uploaded in one request. `Content` is where they are: a buffer, or a file's name. */
export interface StoredPart<Content> {
  readonly content: Content;
  /** Bytes. */
  readonly size: number;
  /** MD5 in hexadecimal. */
  readonly etag: string;
}

export interface StoredObject<Content> {
  readonly kind: "object";
  readonly key: string;
  readonly versionId: string;
  /** Milliseconds since 1970. */
  readonly lastModified: number;
  readonly etag: string;
  /** Bytes. */
  readonly size: number;
  readonly parts: readonly StoredPart<Content>[];
  readonly headers: ObjectHeaders;
  readonly tags: ObjectTags;
}

export interface StoredMarker {
  readonly kind: "marker";
  readonly key: string;
  readonly versionId: string;
  readonly lastModified: number;
}

export type StoredVersion<Content> = StoredObject<Content> | StoredMarker;

/** The ETag that S3 gives a multipart object: the MD5 of the parts' MD5s, and how many there are. */
export function multipartEtag(partEtags: readonly string[]): string {
  const hash = createHash("md5");
  for (const etag of partEtags) hash.update(etag, "hex");
  return `${hash.digest("hex")}-${partEtags.length}`;
}

/** Whether the object came as a multipart upload, be it of one part: its ETag tells. */
export function isMultipart({ etag }: { readonly etag: string }): boolean {
  return etag.includes("-");
}
