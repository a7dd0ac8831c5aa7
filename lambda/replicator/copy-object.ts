import { createHash, hash, randomUUID } from "node:crypto";
import type { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { pipeline } from "node:stream/promises";
import type {
  ObjectClient,
  ObjectContent,
  ObjectHead,
  ObjectHeaders,
  PutResult,
  WriteCondition,
} from "../s3/object-client";
import { StoreError } from "../s3/store-error";
import { BUFFERED_BYTES } from "./admission";
import { type DestinationProbe, isHttpDate } from "./destination-probe";
import { lastBytesGate } from "./last-bytes-gate";
import { naming } from "./naming";
import type { PartDigests } from "./part-digests";
import type { Retrying } from "./retry";
import type { StoreIds } from "./rules";
import { SourceEtags } from "./source-etags";
import { metadataBytes, stampedHeaders } from "./stamp";
import { type TagSource, tagsToCopy } from "./tags-to-copy";
import { UnsupportedObjectError } from "./unsupported-object";
import type { UploadJournal } from "./upload-journal";

/** User metadata that S3 and MinIO accept on one object, in bytes. */
const METADATA_LIMIT = 2048;

/** The most that one PUT may carry, in bytes. */
const PUT_LIMIT = 5 * 1024 ** 3;

/**
 * What servers answer to a body that does not match its MD5. The second is meant for what is no MD5 at all, which is never
 * sent: who answers it means the same.
 */
const DIGEST_REFUSALS: ReadonlySet<string> = new Set(["BadDigest", "InvalidDigest"]);

/** What every copy of a run has in common. */
export interface CopyStores extends TagSource {
  readonly destination: ObjectClient;
  /** Identities of the stores; the source's is in every stamp. */
  readonly ids: StoreIds;
  /** Resolves when a mutation may start or be completed now. */
  readonly confirm: () => Promise<void>;
  readonly probe: DestinationProbe;
  readonly etags: SourceEtags;
  readonly partDigests: PartDigests;
  /** Multipart uploads that are open. */
  readonly journal: UploadJournal;
  /** The runner's clock. */
  readonly now: () => Date;
}

export interface CopyRequest {
  readonly stores: CopyStores;
  readonly key: string;
  readonly condition: WriteCondition;
  /** For what need not be done again as a whole. */
  readonly retrying: Retrying;
}

export interface Copied {
  readonly replica: PutResult;
  /** Bytes. */
  readonly size: number;
}

/**
 * Copies one version, as the source answered it, with everything that travels, stamped, under a condition,
 * and proves by the destination's ETag that it arrived whole. Always ends the content's body.
 *
 * @throws UnsupportedObjectError when the destination cannot hold it
 * @throws StoreError of kind `precondition-failed` when the destination is no longer as it was seen
 */
export async function copyObject(request: CopyRequest, content: ObjectContent): Promise<Copied> {
  try {
    await refuseDropped(request.stores, content.headers);
    if (content.size > PUT_LIMIT) {
      throw new UnsupportedObjectError(`larger than ${PUT_LIMIT} bytes, the most that one PUT carries`);
    }
    return content.size <= BUFFERED_BYTES
      ? await copyBuffered(request, content)
      : await copyStreamed(request, content);
  } finally {
    letGo(content);
  }
}

/** Ends a body that nobody reads any further. */
export function letGo(content: ObjectContent): void {
  if (content.buffered === undefined) content.body.destroy();
}

/**
 * Some servers drop an Expires header that is no date.
 *
 * @throws UnsupportedObjectError when the destination is one of them, and the object has one
 */
export async function refuseDropped({ probe }: CopyStores, { expires }: ObjectHeaders): Promise<void> {
  if (expires === undefined || isHttpDate(expires) || (await probe.traits()).keepsAnyExpires) return;
  throw new UnsupportedObjectError(
    `its Expires header ${JSON.stringify(expires)} is no date, and the destination drops it`,
  );
}

async function copyBuffered(request: CopyRequest, content: ObjectContent): Promise<Copied> {
  const body = content.buffered ?? (await buffer(content.body));
  const copied = await putByEtag(request, content, () => put(request, content, body, content.etag));
  if (copied) return copied;
  const md5 = hash("md5", body, "hex");
  request.stores.etags.compared(content.etag, md5);
  // An ETag that is no MD5 reads the same twice; a body that was damaged on its way does not.
  if (
    md5 !== content.etag &&
    SourceEtags.looksLikeDigest(content.etag) &&
    md5 !== (await readDigest(request, content))
  ) {
    throw new StoreError("the body does not match its ETag", {
      kind: "malformed-answer",
      operation: "GetObject",
      bucket: request.stores.source.bucket,
      key: request.key,
    });
  }
  return put(request, content, body, md5);
}

async function copyStreamed(request: CopyRequest, content: ObjectContent): Promise<Copied> {
  const copied = await putByEtag(request, content, () => putStream(request, content, content.etag));
  if (copied) return copied;
  letGo(content);
  const md5 = await readDigest(request, content);
  request.stores.etags.compared(content.etag, md5);
  const again = await request.stores.source.get(request.key, naming(content));
  try {
    return await putStream(request, again, md5);
  } finally {
    again.body.destroy();
  }
}

/** The destination compares the body with its MD5 in any case. Undefined when the ETag is, or may be, another. */
async function putByEtag(
  { stores }: CopyRequest,
  { etag }: ObjectContent,
  attempt: () => Promise<Copied>,
): Promise<Copied | undefined> {
  if (!stores.etags.maySend(etag)) return undefined;
  try {
    return await attempt();
  } catch (error) {
    if (error instanceof StoreError && DIGEST_REFUSALS.has(error.code ?? "")) return undefined;
    throw error;
  }
}

/** The MD5 must be known before a stream is sent: it is in the stamp and in Content-MD5. So the body is read twice. */
async function readDigest(request: CopyRequest, content: ObjectContent): Promise<string> {
  const { body } = await request.stores.source.get(request.key, naming(content));
  return digestOf(body);
}

/** The MD5 of a stream, in hex; uses it up. */
export async function digestOf(body: Readable): Promise<string> {
  const hash = createHash("md5");
  for await (const piece of body) hash.update(piece as Buffer);
  return hash.digest("hex");
}

/** An MD5 as the header has it. */
export function contentMd5Of(md5: string): string {
  return Buffer.from(md5, "hex").toString("base64");
}

async function putStream(request: CopyRequest, content: ObjectContent, md5: string): Promise<Copied> {
  const gate = lastBytesGate(request.stores.confirm);
  const piped = pipeline(content.body, gate);
  // A failed source fails the gate, and with it the PUT, whose rejection says the same: report it once.
  piped.catch(() => undefined);
  return put(request, content, gate, md5);
}

async function put(
  request: CopyRequest,
  content: ObjectContent,
  body: Buffer | Readable,
  md5: string,
): Promise<Copied> {
  const { stores, key, condition } = request;
  const tags = await tagsToCopy(stores, key, content);
  const headers = replicaHeaders(request, content, md5);
  await stores.confirm();
  const contentMd5 = contentMd5Of(md5);
  const replica = await stores.destination.put(key, {
    body,
    size: content.size,
    contentMd5,
    headers,
    tags,
    condition,
  });
  if (replica.etag !== md5) {
    throw new UnsupportedObjectError(
      `the destination answered with ETag "${replica.etag}" instead of the body's MD5; it encrypts or compresses on its own, so a replica cannot be told from a rewrite`,
    );
  }
  return { replica, size: content.size };
}

/**
 * The headers of the replica, which will have the ETag `replicaEtag`.
 *
 * @throws UnsupportedObjectError when the stamp finds no room
 */
export function replicaHeaders(
  request: CopyRequest,
  original: ObjectHead,
  replicaEtag: string,
): ObjectHeaders {
  const { versionId, etag } = original;
  const origin = { storeId: request.stores.ids.source, versionId, etag, copyId: randomUUID().slice(0, 8) };
  const headers = stampedHeaders(request.key, original.headers, replicaEtag, origin);
  const size = metadataBytes(headers);
  if (size <= METADATA_LIMIT) return headers;
  throw new UnsupportedObjectError(
    `user metadata with the stamp is ${size} bytes; stores accept ${METADATA_LIMIT}`,
  );
}
