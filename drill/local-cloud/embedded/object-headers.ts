import type { IncomingHttpHeaders } from "node:http";
import { DEFAULT_CONTENT_TYPE, type ObjectHeaders, type ObjectTags } from "../../../lambda/s3/object-client";
import { S3Refusal } from "./s3-refusal";
import type { StoredObject } from "./stored-version";
import type { VersioningStatus } from "./versioned-bucket";

const METADATA_PREFIX = "x-amz-meta-";

/** What S3 allows in names and values of user metadata together. */
const GREATEST_METADATA_BYTES = 2048;

const GREATEST_TAG_COUNT = 10;

/** What a write says of its object. Values are kept as Node reads them, byte for character. */
export function objectHeaders(headers: IncomingHttpHeaders): ObjectHeaders {
  const metadata = Object.fromEntries(
    Object.entries(headers).flatMap(([name, value]) =>
      name.startsWith(METADATA_PREFIX) && value !== undefined
        ? [[name.slice(METADATA_PREFIX.length), [value].flat().join(",")] as const]
        : [],
    ),
  );
  const bytes = Object.entries(metadata).reduce((sum, [name, value]) => sum + name.length + value.length, 0);
  if (bytes > GREATEST_METADATA_BYTES) {
    throw new S3Refusal(400, "MetadataTooLarge", `user metadata exceeds ${GREATEST_METADATA_BYTES} bytes`);
  }
  return {
    contentType: headers["content-type"] ?? DEFAULT_CONTENT_TYPE,
    cacheControl: headers["cache-control"],
    contentDisposition: headers["content-disposition"],
    contentEncoding: headers["content-encoding"],
    contentLanguage: headers["content-language"],
    expires: headers.expires,
    metadata,
  };
}

/** Tags from `x-amz-tagging`, which is written like a query string. */
export function taggingHeader(headers: IncomingHttpHeaders): ObjectTags {
  const tags = [...new URLSearchParams([headers["x-amz-tagging"] ?? ""].flat().join("&"))];
  return checkedTags(tags);
}

export function checkedTags(tags: readonly (readonly [string, string])[]): ObjectTags {
  const distinct = Object.fromEntries(tags);
  if (Object.keys(distinct).length !== tags.length) {
    throw new S3Refusal(400, "InvalidTag", "a tag is given twice");
  }
  if (tags.length > GREATEST_TAG_COUNT) {
    throw new S3Refusal(400, "BadRequest", `an object has ${GREATEST_TAG_COUNT} tags at most`);
  }
  if (tags.some(([name, value]) => name === "" || name.length > 128 || value.length > 256)) {
    throw new S3Refusal(400, "InvalidTag", "a tag's name has 1 to 128 characters, its value at most 256");
  }
  return distinct;
}

/** The headers of an answer about this object, its length aside. */
export function answerHeaders(
  object: StoredObject<string>,
  versioning: VersioningStatus | undefined,
): Record<string, string> {
  const { headers } = object;
  const tagCount = Object.keys(object.tags).length;
  const answer: Record<string, string | undefined> = {
    etag: `"${object.etag}"`,
    "last-modified": new Date(object.lastModified).toUTCString(),
    "accept-ranges": "bytes",
    "x-amz-version-id": versioning === undefined ? undefined : object.versionId,
    "x-amz-tagging-count": tagCount > 0 ? String(tagCount) : undefined,
    "content-type": headers.contentType,
    "cache-control": headers.cacheControl,
    "content-disposition": headers.contentDisposition,
    "content-encoding": headers.contentEncoding,
    "content-language": headers.contentLanguage,
    expires: headers.expires,
  };
  for (const [name, value] of Object.entries(headers.metadata))
    answer[METADATA_PREFIX + name] = mailSafe(value);
  return Object.fromEntries(
    Object.entries(answer).filter((entry): entry is [string, string] => entry[1] !== undefined),
  );
}

/** S3 answers user metadata that is not ASCII as an encoded word of RFC 2047. */
function mailSafe(value: string): string {
  if (/^[\x20-\x7e]*$/.test(value)) return value;
  return `=?UTF-8?B?${Buffer.from(value, "latin1").toString("base64")}?=`;
}
