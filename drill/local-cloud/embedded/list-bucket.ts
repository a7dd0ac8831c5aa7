import { type StoreAnswer, type StoreRequest, xmlAnswer } from "./exchange";
import { listObjects, listVersions } from "./listing";
import { S3Refusal } from "./s3-refusal";
import type { StoredBucket } from "./stored-bucket";
import { urlEncoded, xmlDocument } from "./xml";

/** The most entries that S3 shows on one page. */
const GREATEST_PAGE = 1000;

/** ListObjectsV2. */
export function answerObjectListing(store: StoredBucket, { query }: StoreRequest): StoreAnswer {
  const encode = encoding(query);
  const token = query.get("continuation-token");
  const limit = pageLimit(query);
  const page = listObjects(store.bucket, {
    prefix: query.get("prefix"),
    delimiter: query.get("delimiter"),
    after: token === undefined ? query.get("start-after") : Buffer.from(token, "base64url").toString("utf8"),
    limit,
  });
  const isTruncated = page.isTruncated && limit > 0;
  const document = xmlDocument("ListBucketResult", {
    Name: store.name,
    Prefix: encode(query.get("prefix") ?? ""),
    Delimiter: optional(query.get("delimiter"), encode),
    StartAfter: optional(query.get("start-after"), encode),
    EncodingType: query.get("encoding-type"),
    MaxKeys: limit,
    KeyCount: page.objects.length + page.commonPrefixes.length,
    IsTruncated: isTruncated,
    ContinuationToken: token,
    NextContinuationToken: isTruncated ? Buffer.from(page.last ?? "").toString("base64url") : undefined,
    Contents: page.objects.map((object) => ({
      Key: encode(object.key),
      LastModified: wholeSecond(object.lastModified),
      ETag: `"${object.etag}"`,
      Size: object.size,
      StorageClass: "STANDARD",
    })),
    CommonPrefixes: page.commonPrefixes.map((prefix) => ({ Prefix: encode(prefix) })),
  });
  return xmlAnswer(document);
}

/** ListObjectVersions. */
export function answerVersionListing(store: StoredBucket, { query }: StoreRequest): StoreAnswer {
  const encode = encoding(query);
  const key = query.get("key-marker");
  const limit = pageLimit(query);
  const page = listVersions(store.bucket, {
    prefix: query.get("prefix"),
    after: key ? { key, versionId: query.get("version-id-marker") } : undefined,
    limit,
  });
  const last = page.versions.at(-1)?.version;
  const isTruncated = page.isTruncated && limit > 0;
  const elements = page.versions.map(({ version, isLatest }) => {
    const common = {
      Key: encode(version.key),
      VersionId: version.versionId,
      IsLatest: isLatest,
      LastModified: wholeSecond(version.lastModified),
    };
    if (version.kind === "marker") return { DeleteMarker: common };
    return {
      Version: { ...common, ETag: `"${version.etag}"`, Size: version.size, StorageClass: "STANDARD" },
    };
  });
  const document = xmlDocument("ListVersionsResult", {
    Name: store.name,
    Prefix: encode(query.get("prefix") ?? ""),
    KeyMarker: encode(key ?? ""),
    VersionIdMarker: query.get("version-id-marker") ?? "",
    EncodingType: query.get("encoding-type"),
    MaxKeys: limit,
    IsTruncated: isTruncated,
    NextKeyMarker: isTruncated ? optional(last?.key, encode) : undefined,
    NextVersionIdMarker: isTruncated ? last?.versionId : undefined,
    // Versions and delete markers stand in one sequence, in the order of the stack.
    "": elements,
  });
  return xmlAnswer(document);
}

export function encoding(query: ReadonlyMap<string, string>): (text: string) => string {
  return query.get("encoding-type") === "url" ? urlEncoded : (text) => text;
}

function optional(text: string | undefined, encode: (text: string) => string): string | undefined {
  return text === undefined ? undefined : encode(text);
}

export function pageLimit(query: ReadonlyMap<string, string>, name = "max-keys"): number {
  const asked = Number(query.get(name) ?? GREATEST_PAGE);
  if (!Number.isInteger(asked) || asked < 0) {
    throw new S3Refusal(400, "InvalidArgument", `${name} must be a whole number`);
  }
  return Math.min(asked, GREATEST_PAGE);
}

/** S3 shows whole seconds in listings. */
function wholeSecond(milliseconds: number): string {
  return new Date(Math.floor(milliseconds / 1000) * 1000).toISOString();
}
