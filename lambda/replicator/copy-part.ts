import { createHash, type Hash, hash } from "node:crypto";
import { PassThrough, type Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { ListedPart, ObjectContent, ObjectHead } from "../s3/object-client";
import { BUFFERED_BYTES } from "./admission";
import { type CopyStores, contentMd5Of, digestOf, letGo } from "./copy-object";
import { naming } from "./naming";
import { UnsupportedObjectError } from "./unsupported-object";

/** One part of an object, and the upload that it goes into. */
export interface PartRequest {
  readonly stores: CopyStores;
  readonly key: string;
  /** The version that is read, however often. */
  readonly original: ObjectHead;
  readonly uploadId: string;
  readonly partNumber: number;
  /** Whether it is hashed in any case, to be compared with the answer's ETag. */
  readonly isHashed: boolean;
}

/**
 * Copies one part as it comes, or with its Content-MD5 where the destination wants that. Holds none in memory that is
 * larger than `BUFFERED_BYTES`.
 *
 * @throws UnsupportedObjectError when the destination's ETag is not the part's MD5
 */
export function copyPart(request: PartRequest): Promise<ListedPart> {
  return request.stores.partDigests.send({
    plain: () => copyPlain(request),
    withDigest: () => copyWithDigest(request),
  });
}

async function copyPlain(request: PartRequest): Promise<ListedPart> {
  const content = await readPart(request);
  try {
    const digest = request.isHashed ? createHash("md5") : undefined;
    const body = content.buffered ?? readable(content.body, digest);
    if (content.buffered) digest?.update(content.buffered);
    const part = await upload(request, content, body);
    return compared(part, digest?.digest("hex") ?? part.etag);
  } finally {
    letGo(content);
  }
}

/** Nobody tells the MD5 of a part beforehand: what is no buffer is read once to be hashed, and again to be sent. */
async function copyWithDigest(request: PartRequest): Promise<ListedPart> {
  const content = await readPart(request);
  try {
    const { buffered } = content;
    if (buffered) return await uploadHashed(request, content, buffered, hash("md5", buffered, "hex"));
    const md5 = await digestOf(content.body);
    const again = await readPart(request);
    try {
      return await uploadHashed(request, again, again.buffered ?? again.body, md5);
    } finally {
      letGo(again);
    }
  } finally {
    letGo(content);
  }
}

function readPart({ stores, key, original, partNumber }: PartRequest): Promise<ObjectContent> {
  return stores.source.get(key, { ...naming(original), partNumber, bufferUpTo: BUFFERED_BYTES });
}

async function uploadHashed(
  request: PartRequest,
  content: ObjectContent,
  body: Buffer | Readable,
  md5: string,
): Promise<ListedPart> {
  const contentMd5 = contentMd5Of(md5);
  return compared(await upload(request, content, body, contentMd5), md5);
}

async function upload(
  { stores, key, uploadId, partNumber }: PartRequest,
  { size }: ObjectContent,
  body: Buffer | Readable,
  contentMd5?: string,
): Promise<ListedPart> {
  await stores.confirm();
  const part = { uploadId, partNumber, body, size, contentMd5 };
  const { etag } = await stores.destination.uploadPart(key, part);
  return { partNumber, etag, size };
}

function compared(part: ListedPart, md5: string): ListedPart {
  const { partNumber, etag } = part;
  if (etag === md5) return part;
  throw new UnsupportedObjectError(
    `the destination answered part ${partNumber} with ETag "${etag}" instead of its MD5; it encrypts or compresses on its own, so a replica cannot be told from a rewrite`,
  );
}

/** A part's body, hashed as it goes by. */
function readable(body: Readable, digest: Hash | undefined): Readable {
  if (digest === undefined) return body;
  const hashed = new PassThrough();
  body.on("data", (piece: Buffer) => digest.update(piece));
  const piped = pipeline(body, hashed);
  // A failed source fails the request that sends it, whose rejection says the same: report it once.
  piped.catch(() => undefined);
  return hashed;
}
