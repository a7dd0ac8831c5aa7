import { randomBytes } from "node:crypto";
import { readDocument, type StoreAnswer, type StoreRequest, xmlAnswer } from "./exchange";
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
  store.uploads.addPart(request.key, uploadId, Number(request.query.get("partNumber")), part);
  return { status: 200, headers: { etag: `"${part.etag}"` } };
}

export function listParts(store: StoredBucket, request: StoreRequest): StoreAnswer {
  const uploadId = uploadIdOf(request);
  const parts = store.uploads.parts(request.key, uploadId);
  const document = xmlDocument("ListPartsResult", {
    Bucket: store.name,
    Key: request.key,
    UploadId: uploadId,
    MaxParts: parts.length,
    IsTruncated: false,
    Part: parts.map(([number, part]) => ({ PartNumber: number, ETag: `"${part.etag}"`, Size: part.size })),
  });
  return xmlAnswer(document);
}

export async function completeUpload(store: StoredBucket, request: StoreRequest): Promise<StoreAnswer> {
  const uploadId = uploadIdOf(request);
  const named = parseElements(await readDocument(request), ["CompleteMultipartUpload", "Part"]);
  const chosen = named.map(({ PartNumber, ETag = "" }) => ({ partNumber: Number(PartNumber), etag: ETag }));
  const { upload } = store.uploads.find(request.key, uploadId);
  const parts = store.uploads.chosenParts(request.key, uploadId, chosen);
  const { headers, tags } = upload;
  const object = store.bucket.put(
    request.key,
    { parts, multipart: true, headers, tags },
    putCondition(request),
  );
  store.uploads.end(uploadId);
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
