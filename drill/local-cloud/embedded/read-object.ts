import { type ByteExtent, partExtent, rangeExtent, wholeExtent } from "./byte-extent";
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
  const { begin, end, partial, partCount } = requestedExtent(object, request);
  return {
    status: partial ? 206 : 200,
    headers: {
      ...headers,
      "content-length": String(end - begin),
      ...(partial ? { "content-range": `bytes ${begin}-${end - 1}/${object.size}` } : {}),
      ...(partCount === undefined ? {} : { "x-amz-mp-parts-count": String(partCount) }),
    },
    ...(request.method === "HEAD" ? {} : { body: store.blobs.read(object.parts, begin, end) }),
  };
}

function requestedExtent(object: StoredObject<string>, request: StoreRequest): ByteExtent {
  const { range } = request.headers;
  const partNumber = request.query.get("partNumber");
  if (partNumber !== undefined) {
    if (range !== undefined) {
      throw new S3Refusal(400, "InvalidRequest", "a read names a range or a part, not both");
    }
    return partExtent(object, Number(partNumber));
  }
  // Anything but one range is ignored, as HTTP allows.
  const [, first = "", last = ""] = /^bytes=(\d*)-(\d*)$/.exec(range ?? "") ?? [];
  if (first === "" && last === "") return wholeExtent(object.size);
  if (first === "") {
    return rangeExtent(object.size, Math.max(object.size - Number(last), 0), object.size - 1);
  }
  return rangeExtent(object.size, Number(first), last === "" ? object.size - 1 : Number(last));
}
