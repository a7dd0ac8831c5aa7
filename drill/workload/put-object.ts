import { createHash } from "node:crypto";
import type { Readable } from "node:stream";
import { PutObjectCommand, type S3Client } from "@aws-sdk/client-s3";
import type { ObjectHeaders, ObjectTags } from "../../lambda/s3/object-client";

export interface PutSettings {
  readonly bucket: string;
  readonly key: string;
  readonly headers: ObjectHeaders;
  readonly tags: ObjectTags;
  /** Bytes; must be exact. */
  readonly size: number;
  readonly body: Buffer | Readable;
}

export interface PutAnswer {
  /** Without quotes. */
  readonly etag: string;
  readonly versionId?: string;
}

/** Uploads one object with all of its headers; `Expires` goes out raw, since clients store what is no date. */
export async function putObject(client: S3Client, settings: PutSettings): Promise<PutAnswer> {
  const { headers } = settings;
  const command = new PutObjectCommand({
    Bucket: settings.bucket,
    Key: settings.key,
    Body: settings.body,
    ContentLength: settings.size,
    ContentType: headers.contentType,
    CacheControl: headers.cacheControl,
    ContentDisposition: headers.contentDisposition,
    ContentEncoding: headers.contentEncoding,
    ContentLanguage: headers.contentLanguage,
    Metadata: { ...headers.metadata },
    Tagging: taggingHeader(settings.tags),
  });
  const { expires } = headers;
  if (expires !== undefined) {
    command.middlewareStack.add(
      (next) => (call) => {
        setHeader(call.request, "expires", expires);
        return next(call);
      },
      { step: "build", name: "rawExpires" },
    );
  }
  const answer = await client.send(command);
  return { etag: (answer.ETag ?? "").replaceAll('"', ""), versionId: answer.VersionId };
}

/** Percent-encoded as in a query, spaces too: a `+` is read as itself by some servers. */
function taggingHeader(tags: ObjectTags): string | undefined {
  const pairs = Object.entries(tags).map(
    ([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(value)}`,
  );
  return pairs.length > 0 ? pairs.join("&") : undefined;
}

function setHeader(request: unknown, name: string, value: string): void {
  if (typeof request === "object" && request !== null && "headers" in request) {
    const { headers } = request;
    if (typeof headers === "object" && headers !== null) {
      Object.assign(headers, { [name]: value });
    }
  }
}

/** The ETag that a store gives to a body put in one part and not encrypted: its MD5. */
export function md5(body: Buffer): string {
  return createHash("md5").update(body).digest("hex");
}
