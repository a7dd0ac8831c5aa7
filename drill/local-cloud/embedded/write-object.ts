import { type StoreAnswer, type StoreRequest, xmlAnswer } from "./exchange";
import { objectHeaders, taggingHeader } from "./object-headers";
import { receiveBody } from "./receive-body";
import { preconditionFailed, S3Refusal } from "./s3-refusal";
import type { StoredBucket } from "./stored-bucket";
import type { StoredObject, StoredVersion } from "./stored-version";
import { type PutCondition, unquoted } from "./versioned-bucket";
import { xmlDocument } from "./xml";

export async function putObject(store: StoredBucket, request: StoreRequest): Promise<StoreAnswer> {
  const condition = putCondition(request);
  const headers = objectHeaders(request.headers);
  const tags = taggingHeader(request.headers);
  // Refused before the body came, if it can be; decided when it is complete.
  store.bucket.checkCondition(request.key, condition);
  const part = await receiveBody(store, request);
  const object = store.bucket.put(request.key, { parts: [part], multipart: false, headers, tags }, condition);
  return { status: 200, headers: writtenHeaders(store, object) };
}

export async function copyObject(store: StoredBucket, request: StoreRequest): Promise<StoreAnswer> {
  const source = copySource(store, request);
  const ifMatch = request.headers["x-amz-copy-source-if-match"];
  if (typeof ifMatch === "string" && unquoted(ifMatch) !== source.etag) throw preconditionFailed();
  const replacesHeaders = request.headers["x-amz-metadata-directive"] === "REPLACE";
  const replacesTags = request.headers["x-amz-tagging-directive"] === "REPLACE";
  // A copy is one part again, whatever its source was, and so has another ETag than a multipart source.
  const part = await store.blobs.receive(store.blobs.read(source.parts, 0, source.size), {
    size: source.size,
    sha256: false,
  });
  const object = store.bucket.put(
    request.key,
    {
      parts: [part],
      multipart: false,
      headers: replacesHeaders ? objectHeaders(request.headers) : source.headers,
      tags: replacesTags ? taggingHeader(request.headers) : source.tags,
    },
    putCondition(request),
  );
  const result = { LastModified: new Date(object.lastModified).toISOString(), ETag: `"${object.etag}"` };
  return xmlAnswer(xmlDocument("CopyObjectResult", result), writtenHeaders(store, object));
}

export async function deleteObject(store: StoredBucket, request: StoreRequest): Promise<StoreAnswer> {
  const removed = await removeVersion(store, request.key, request.query.get("versionId"));
  const headers: Record<string, string> = {};
  if (removed !== undefined && store.bucket.versioning !== undefined) {
    headers["x-amz-version-id"] = removed.versionId;
    if (removed.kind === "marker") headers["x-amz-delete-marker"] = "true";
  }
  return { status: 204, headers };
}

/** Places a delete marker, or takes a version away with its bytes. */
export async function removeVersion(
  store: StoredBucket,
  key: string,
  versionId: string | undefined,
): Promise<StoredVersion<string> | undefined> {
  const removed = store.bucket.delete(key, versionId);
  if (removed?.kind === "object") await store.blobs.remove(removed.parts.map((part) => part.content));
  return removed;
}

export function putCondition(request: StoreRequest): PutCondition {
  return { ifNoneMatch: request.headers["if-none-match"], ifMatch: request.headers["if-match"] };
}

/** ETag and version id, as every write answers. */
export function writtenHeaders(store: StoredBucket, object: StoredObject<string>): Record<string, string> {
  return {
    etag: `"${object.etag}"`,
    ...(store.bucket.versioning === undefined ? {} : { "x-amz-version-id": object.versionId }),
  };
}

function copySource(store: StoredBucket, request: StoreRequest): StoredObject<string> {
  const [path = "", versionId] = String(request.headers["x-amz-copy-source"]).split("?versionId=");
  const decoded = decodeURIComponent(path).replace(/^\//, "");
  if (!decoded.startsWith(`${store.name}/`)) {
    throw new S3Refusal(404, "NoSuchBucket", "a copy's source must be in the same bucket");
  }
  return store.bucket.get(decoded.slice(store.name.length + 1), versionId);
}
