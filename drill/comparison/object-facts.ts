import { createHash } from "node:crypto";
import { Readable } from "node:stream";
import { GetObjectCommand, GetObjectTaggingCommand, type S3Client } from "@aws-sdk/client-s3";
import { STAMP_HEADER } from "../../contract/stamp";

/** Everything about an object that a reader could tell apart. */
export interface ObjectFacts {
  /** Bytes, as counted, not as announced. */
  readonly size: number;
  /** SHA-256 of the bytes, in hexadecimal. */
  readonly digest: string;
  /** The answer's headers that must travel, by lower-case name; replication's stamp left out. */
  readonly headers: Readonly<Record<string, string>>;
  readonly tags: Readonly<Record<string, string>>;
}

/** Headers that belong to the object rather than to the answer; user metadata beside them. */
const OBJECT_HEADERS: ReadonlySet<string> = new Set([
  "content-type",
  "cache-control",
  "content-disposition",
  "content-encoding",
  "content-language",
  "expires",
]);

const METADATA_PREFIX = "x-amz-meta-";
const TAG_COUNT_HEADER = "x-amz-tagging-count";

/** Of an answer's headers those that are compared, as the store sent them. */
export function comparedHeaders(raw: Readonly<Record<string, string>>): Record<string, string> {
  const entries = Object.entries(raw).map(([name, value]) => [name.toLowerCase(), value] as const);
  const kept = entries.filter(
    ([name]) => (OBJECT_HEADERS.has(name) || name.startsWith(METADATA_PREFIX)) && name !== STAMP_HEADER,
  );
  return Object.fromEntries(kept);
}

/** Reads a version as a whole, and its tags. It is named because LocalStack counts no tags where none is. */
export async function readFacts(
  client: S3Client,
  bucket: string,
  key: string,
  versionId: string,
): Promise<ObjectFacts> {
  let raw: Readonly<Record<string, string>> = {};
  const command = new GetObjectCommand({ Bucket: bucket, Key: key, VersionId: versionId });
  command.middlewareStack.add(
    (next) => async (call) => {
      const result = await next(call);
      raw = headersOf(result.response);
      return result;
    },
    { step: "deserialize", name: "keepRawHeaders", priority: "low" },
  );
  const answer = await client.send(command);
  const { size, digest } = await hashBody(answer.Body);
  if (answer.ContentLength !== undefined && answer.ContentLength !== size) {
    throw new Error(`${size} bytes came of ${answer.ContentLength} announced`);
  }
  const tagged = Number(raw[TAG_COUNT_HEADER] ?? 0) > 0;
  return {
    size,
    digest,
    headers: comparedHeaders(raw),
    tags: tagged ? await readTags(client, bucket, key, versionId) : {},
  };
}

async function hashBody(body: unknown): Promise<{ readonly size: number; readonly digest: string }> {
  const hash = createHash("sha256");
  let size = 0;
  if (body instanceof Readable) {
    for await (const chunk of body) {
      hash.update(chunk);
      size += chunk.length;
    }
  }
  return { size, digest: hash.digest("hex") };
}

async function readTags(
  client: S3Client,
  bucket: string,
  key: string,
  versionId: string,
): Promise<Record<string, string>> {
  const command = new GetObjectTaggingCommand({ Bucket: bucket, Key: key, VersionId: versionId });
  const answer = await client.send(command);
  return Object.fromEntries((answer.TagSet ?? []).map((tag) => [tag.Key ?? "", tag.Value ?? ""]));
}

function headersOf(response: unknown): Record<string, string> {
  const headers: unknown =
    typeof response === "object" && response !== null && "headers" in response ? response.headers : undefined;
  if (typeof headers !== "object" || headers === null) {
    return {};
  }
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)]));
}
