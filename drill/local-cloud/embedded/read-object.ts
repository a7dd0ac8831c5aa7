import type { StoreAnswer, StoreRequest } from "./exchange";
import { answerHeaders } from "./object-headers";
import { preconditionFailed, S3Refusal } from "./s3-refusal";
import type { StoredBucket } from "./stored-bucket";
import type { StoredObject } from "./stored-version";
import { unquoted } from "./versioned-bucket";

/** GetObject and HeadObject. */
export function readObject(store: StoredBucket, request: StoreRequest): StoreAnswer {
  const object = store.bucket.get(request.key, request.query.get("versionId"));
  const headers = answerHeaders(object, store.bucket.versioning);
  const ifMatch = request.headers["if-match"];
  if (ifMatch !== undefined && ifMatch !== "*" && unquoted(ifMatch) !== object.etag)
    throw preconditionFailed();
  const ifNoneMatch = request.headers["if-none-match"];
  if (ifNoneMatch !== undefined && (ifNoneMatch === "*" || unquoted(ifNoneMatch) === object.etag)) {
    return { status: 304, headers };
  }
  const { begin, end, partial } = requestedRange(object, request);
  return {
    status: partial ? 206 : 200,
    headers: {
      ...headers,
      "content-length": String(end - begin),
      ...(partial ? { "content-range": `bytes ${begin}-${end - 1}/${object.size}` } : {}),
      ...(request.query.has("partNumber") ? { "x-amz-mp-parts-count": String(object.parts.length) } : {}),
    },
    ...(request.method === "HEAD" ? {} : { body: store.blobs.read(object.parts, begin, end) }),
  };
}

interface RequestedRange {
  readonly begin: number;
  /** Not included. */
  readonly end: number;
  readonly partial: boolean;
}

function requestedRange(object: StoredObject<string>, request: StoreRequest): RequestedRange {
  const partNumber = request.query.get("partNumber");
  if (partNumber !== undefined) return partRange(object, Number(partNumber));
  const whole = { begin: 0, end: object.size, partial: false };
  // Anything but one range is ignored, as HTTP allows.
  const match = /^bytes=(\d*)-(\d*)$/.exec(request.headers.range ?? "");
  const [, first = "", last = ""] = match ?? [];
  if (first === "" && last === "") return whole;
  const begin = first === "" ? Math.max(object.size - Number(last), 0) : Number(first);
  const end = first === "" || last === "" ? object.size : Math.min(Number(last) + 1, object.size);
  if (begin >= end) throw new S3Refusal(416, "InvalidRange", "the range cannot be satisfied");
  return { begin, end, partial: true };
}

function partRange(object: StoredObject<string>, partNumber: number): RequestedRange {
  const part = object.parts[partNumber - 1];
  if (part === undefined) throw new S3Refusal(416, "InvalidPartNumber", "there is no such part");
  const begin = object.parts.slice(0, partNumber - 1).reduce((sum, { size }) => sum + size, 0);
  return { begin, end: begin + part.size, partial: part.size > 0 };
}
