import { randomBytes } from "node:crypto";
import { compareKeys } from "../../../lambda/s3/key-order";
import { readDocument, type StoreAnswer, type StoreRequest, xmlAnswer } from "./exchange";
import { encoding, pageLimit } from "./list-bucket";
import { checkUnchanged, type MultipartUpload } from "./multipart-uploads";
import { objectHeaders, taggingHeader } from "./object-headers";
import { receiveBody } from "./receive-body";
import { S3Refusal } from "./s3-refusal";
import type { StoredBucket } from "./stored-bucket";
import { putCondition, writtenHeaders } from "./write-object";
import { parseElements, xmlDocument } from "./xml";

export function createUpload(store: StoredBucket, request: StoreRequest): StoreAnswer {
  const uploadId = randomBytes(16).toString("base64url");
  const { key } = request;
  store.uploads.begin({
    uploadId,
    key,
    initiated: Date.now(),
    keyExisted: store.bucket.current(key)?.kind === "object",
    headers: objectHeaders(request.headers),
    tags: taggingHeader(request.headers),
  });
  const result = { Bucket: store.name, Key: key, UploadId: uploadId };
  return xmlAnswer(xmlDocument("InitiateMultipartUploadResult", result));
}

export async function uploadPart(store: StoredBucket, request: StoreRequest): Promise<StoreAnswer> {
  if (request.headers["x-amz-copy-source"] !== undefined) {
    throw new S3Refusal(501, "NotImplemented", "UploadPartCopy is not offered");
  }
  const uploadId = uploadIdOf(request);
  store.uploads.find(request.key, uploadId);
  const part = await receiveBody(store, request);
  try {
    const partNumber = Number(request.query.get("partNumber"));
    const replaced = store.uploads.addPart(request.key, uploadId, partNumber, part);
    if (replaced !== undefined) await store.blobs.remove([replaced.content]);
  } catch (error) {
    // The upload may have ended while the body came.
    await store.blobs.remove([part.content]);
    throw error;
  }
  return { status: 200, headers: { etag: `"${part.etag}"` } };
}

export function listParts(store: StoredBucket, request: StoreRequest): StoreAnswer {
  const uploadId = uploadIdOf(request);
  const marker = Number(request.query.get("part-number-marker") ?? 0);
  const limit = pageLimit(request.query, "max-parts");
  const rest = store.uploads.parts(request.key, uploadId).filter(([number]) => number > marker);
  const page = rest.slice(0, limit);
  const isTruncated = rest.length > page.length && limit > 0;
  const document = xmlDocument("ListPartsResult", {
    Bucket: store.name,
    Key: request.key,
    UploadId: uploadId,
    PartNumberMarker: marker,
    NextPartNumberMarker: isTruncated ? page.at(-1)?.[0] : undefined,
    MaxParts: limit,
    IsTruncated: isTruncated,
    Part: page.map(([number, part]) => ({ PartNumber: number, ETag: `"${part.etag}"`, Size: part.size })),
  });
  return xmlAnswer(document);
}

/** ListMultipartUploads. */
export function listUploads(store: StoredBucket, { query }: StoreRequest): StoreAnswer {
  const encode = encoding(query);
  const prefix = query.get("prefix") ?? "";
  const after = { key: query.get("key-marker") ?? "", uploadId: query.get("upload-id-marker") ?? "" };
  const limit = pageLimit(query, "max-uploads");
  const uploads = store.uploads.list(prefix);
  const rest = uploads.slice(firstAfter(uploads, after));
  const page = rest.slice(0, limit);
  const isTruncated = rest.length > page.length && limit > 0;
  const document = xmlDocument("ListMultipartUploadsResult", {
    Bucket: store.name,
    Prefix: encode(prefix),
    KeyMarker: encode(after.key),
    UploadIdMarker: after.uploadId,
    EncodingType: query.get("encoding-type"),
    MaxUploads: limit,
    IsTruncated: isTruncated,
    NextKeyMarker: isTruncated ? encode(page.at(-1)?.key ?? "") : undefined,
    NextUploadIdMarker: isTruncated ? page.at(-1)?.uploadId : undefined,
    Upload: page.map(({ key, uploadId, initiated }) => ({
      Key: encode(key),
      UploadId: uploadId,
      Initiated: new Date(initiated).toISOString(),
    })),
  });
  return xmlAnswer(document);
}

/** Where a page goes on: after the upload that is named, or after all uploads of the key. */
function firstAfter(
  uploads: readonly MultipartUpload[],
  after: { readonly key: string; readonly uploadId: string },
): number {
  const named = uploads.findIndex(({ key, uploadId }) => key === after.key && uploadId === after.uploadId);
  if (named >= 0) return named + 1;
  const later = uploads.findIndex(({ key }) => compareKeys(key, after.key) > 0);
  return later < 0 ? uploads.length : later;
}

export async function completeUpload(store: StoredBucket, request: StoreRequest): Promise<StoreAnswer> {
  const uploadId = uploadIdOf(request);
  const named = parseElements(await readDocument(request), ["CompleteMultipartUpload", "Part"]);
  const chosen = named.map(({ PartNumber, ETag = "" }) => ({ partNumber: Number(PartNumber), etag: ETag }));
  const { upload } = store.uploads.find(request.key, uploadId);
  const parts = store.uploads.chosenParts(request.key, uploadId, chosen, store.leastPartBytes);
  const { headers, tags } = upload;
  // A condition that does not hold leaves the upload open.
  const condition = putCondition(request);
  store.bucket.checkCondition(request.key, condition);
  checkUnchanged(upload, store.bucket.current(request.key), condition);
  const object = store.bucket.put(request.key, { parts, multipart: true, headers, tags }, condition);
  const contents = new Set(parts.map((part) => part.content));
  const leftOut = store.uploads.parts(request.key, uploadId).map(([, part]) => part.content);
  store.uploads.end(uploadId);
  await store.blobs.remove(leftOut.filter((content) => !contents.has(content)));
  const result = { Bucket: store.name, Key: request.key, ETag: `"${object.etag}"` };
  return xmlAnswer(xmlDocument("CompleteMultipartUploadResult", result), writtenHeaders(store, object));
}

export async function abortUpload(store: StoredBucket, request: StoreRequest): Promise<StoreAnswer> {
  const uploadId = uploadIdOf(request);
  const parts = store.uploads.parts(request.key, uploadId);
  store.uploads.end(uploadId);
  await store.blobs.remove(parts.map(([, part]) => part.content));
  return { status: 204, headers: {} };
}

function uploadIdOf(request: StoreRequest): string {
  return request.query.get("uploadId") ?? "";
}
