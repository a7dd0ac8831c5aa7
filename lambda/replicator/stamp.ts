import { hash } from "node:crypto";
import { STAMP_METADATA_KEY } from "../../contract/stamp";
import { DEFAULT_CONTENT_TYPE, type ObjectHead, type ObjectHeaders } from "../s3/object-client";

/** What a replica says of its original. */
export interface Origin {
  /** Identity of the store that it was copied from. */
  readonly storeId: string;
  readonly versionId: string;
  readonly etag: string;
}

/** What a stamp says beside: only a client that copies the replica itself can make a second object with its stamp. */
export interface CopyOrigin extends Origin {
  /** Random; names one copy. */
  readonly copyId: string;
}

const FORMAT = "1";

/** The headers as they travel: with an explicit content type, so that no server picks another, and without a stamp. */
export function travellingHeaders(headers: ObjectHeaders): ObjectHeaders {
  const { [STAMP_METADATA_KEY]: _stamp, ...metadata } = headers.metadata;
  return { ...headers, contentType: headers.contentType ?? DEFAULT_CONTENT_TYPE, metadata };
}

/** The headers of a replica that will have the ETag `replicaEtag` on its own store. */
export function stampedHeaders(
  key: string,
  headers: ObjectHeaders,
  replicaEtag: string,
  origin: CopyOrigin,
): ObjectHeaders {
  const travelling = travellingHeaders(headers);
  const fields = [FORMAT, origin.storeId, origin.versionId, origin.etag, origin.copyId];
  const stamp = [...fields, digest(key, travelling, replicaEtag, fields)].join(" ");
  return { ...travelling, metadata: { ...travelling.metadata, [STAMP_METADATA_KEY]: stamp } };
}

/**
 * The original that `head` is a replica of, if its stamp is valid: an object that somebody rewrote, or
 * copied to another key, is native again whatever metadata it kept.
 */
export function originOf(key: string, head: ObjectHead): Origin | undefined {
  const fields = head.headers.metadata[STAMP_METADATA_KEY]?.split(" ") ?? [];
  const [format, storeId, versionId, etag, , stated] = fields;
  if (fields.length !== 6 || format !== FORMAT || !storeId || !versionId || !etag) return undefined;
  const expected = digest(key, travellingHeaders(head.headers), head.etag, fields.slice(0, 5));
  return stated === expected ? { storeId, versionId, etag } : undefined;
}

/** A digest of what a copy will be, but for the name of that copy: copies of one original that are alike have the same. */
export function likenessOf(key: string, headers: ObjectHeaders, replicaEtag: string, origin: Origin): string {
  return digest(key, travellingHeaders(headers), replicaEtag, [
    origin.storeId,
    origin.versionId,
    origin.etag,
  ]);
}

/** Whether two objects have the same headers and user metadata, stamps aside. */
export function sameHeaders(left: ObjectHeaders, right: ObjectHeaders): boolean {
  return canonical(travellingHeaders(left)) === canonical(travellingHeaders(right));
}

/**
 * Bytes of user metadata, counted the stricter way: S3 counts names and values, MinIO counts the
 * `x-amz-meta-` before each name too.
 */
export function metadataBytes(headers: ObjectHeaders): number {
  return Object.entries(headers.metadata).reduce(
    (sum, [name, value]) => sum + Buffer.byteLength(`x-amz-meta-${name}${value}`),
    0,
  );
}

function digest(key: string, headers: ObjectHeaders, etag: string, fields: readonly string[]): string {
  return hash("sha256", JSON.stringify([key, etag, fields, canonical(headers)]), "base64url");
}

function canonical(headers: ObjectHeaders): string {
  return JSON.stringify([
    headers.contentType,
    headers.cacheControl,
    headers.contentDisposition,
    headers.contentEncoding,
    headers.contentLanguage,
    headers.expires,
    Object.entries(headers.metadata).sort(([a], [b]) => (a < b ? -1 : 1)),
  ]);
}
