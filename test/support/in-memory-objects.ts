import { createHash } from "node:crypto";
import type { ByteExtent } from "../../drill/local-cloud/embedded/byte-extent";
import { S3Refusal } from "../../drill/local-cloud/embedded/s3-refusal";
import type { StoredObject, StoredPart } from "../../drill/local-cloud/embedded/stored-version";
import { DEFAULT_CONTENT_TYPE, type ObjectHead } from "../../lambda/s3/object-client";

/** What a read of these bytes says of the object. */
export function headOf(object: StoredObject<Buffer>, { begin, end, partCount }: ByteExtent): ObjectHead {
  const { etag, versionId, headers } = object;
  const contentType = headers.contentType ?? DEFAULT_CONTENT_TYPE;
  return {
    etag,
    size: end - begin,
    versionId,
    lastModified: wholeSeconds(object.lastModified),
    ...(partCount === undefined ? {} : { partCount }),
    headers: { ...headers, contentType },
  };
}

/** The bytes of the extent, without a copy. */
export function bytesOf(object: StoredObject<Buffer>, { begin, end }: ByteExtent): Buffer[] {
  let offset = 0;
  return object.parts.flatMap(({ content, size }) => {
    const from = Math.max(begin - offset, 0);
    const upto = Math.min(end - offset, size);
    offset += size;
    return from < upto ? [content.subarray(from, upto)] : [];
  });
}

/** @param contentMd5 - Base64; checked where there is one */
export function storedPart(content: Buffer, contentMd5?: string): StoredPart<Buffer> {
  const digest = md5(content);
  if (contentMd5 !== undefined && digest.toString("base64") !== contentMd5) {
    throw new S3Refusal(400, "BadDigest", "the body does not match Content-MD5");
  }
  return { content, size: content.length, etag: digest.toString("hex") };
}

/** As S3 tells times. */
export function wholeSeconds(milliseconds: number): Date {
  return new Date(Math.floor(milliseconds / 1000) * 1000);
}

function md5(content: Buffer): Buffer {
  return createHash("md5").update(content).digest();
}
