import { createHash } from "node:crypto";
import type { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { expect } from "@jest/globals";
import type {
  ListedObject,
  ObjectClient,
  ObjectContent,
  ObjectHeaders,
  ObjectTags,
  PutResult,
  UploadedPart,
  WriteCondition,
} from "../../../lambda/s3/object-client";
import type { StoreErrorKind } from "../../../lambda/s3/store-error";

export const ABSENT: WriteCondition = { absent: true };

interface PutOptions {
  readonly headers?: ObjectHeaders;
  readonly tags?: ObjectTags;
  readonly condition?: WriteCondition;
}

export function put(
  client: ObjectClient,
  key: string,
  text: string,
  options: PutOptions = {},
): Promise<PutResult> {
  const body = Buffer.from(text);
  const defaults = { headers: { metadata: {} }, condition: ABSENT };
  return client.put(key, {
    ...defaults,
    ...options,
    body,
    size: body.length,
    contentMd5: md5(body, "base64"),
  });
}

export function putStream(
  client: ObjectClient,
  key: string,
  body: Readable,
  size: number,
): Promise<PutResult> {
  const contentMd5 = md5(Buffer.alloc(0), "base64");
  return client.put(key, { body, size, contentMd5, headers: { metadata: {} }, condition: ABSENT });
}

export async function listAll(client: ObjectClient, from?: string, limit?: number): Promise<ListedObject[]> {
  const objects: ListedObject[] = [];
  let after = from;
  for (;;) {
    const page = await client.list({ after, limit });
    objects.push(...page.objects);
    if (!page.isTruncated) return objects;
    after = page.objects.at(-1)?.key;
  }
}

export async function expectKind(request: Promise<unknown>, kind: StoreErrorKind): Promise<unknown> {
  const failure = await request.then(
    () => "succeeded",
    (error: unknown) => error,
  );
  expect(failure).toMatchObject({ name: "StoreError", kind });
  return failure;
}

export function onlyWinner(outcomes: readonly PromiseSettledResult<PutResult>[]): PutResult | undefined {
  const winners = outcomes.flatMap((outcome) => (outcome.status === "fulfilled" ? [outcome.value] : []));
  expect(winners).toHaveLength(1);
  for (const outcome of outcomes) {
    if (outcome.status === "rejected") expect(outcome.reason).toMatchObject({ kind: "precondition-failed" });
  }
  return winners[0];
}

export function md5(content: string | Buffer, encoding: "hex" | "base64"): string {
  return createHash("md5").update(content).digest(encoding);
}

/** The ETag of an object that was put in these parts. */
export function partsEtag(parts: readonly (string | Buffer)[]): string {
  const digests = parts.map((part) => createHash("md5").update(part).digest());
  return `${md5(Buffer.concat(digests), "hex")}-${parts.length}`;
}

/** The least size of a part on S3 and on real servers, the last one aside. */
export const PART_BYTES = 5 * 1024 * 1024;

/** A part that may stand before others; each fill is other bytes. */
export function wholePart(fill: string): Buffer {
  return Buffer.alloc(PART_BYTES, fill);
}

export function uploadPart(
  client: ObjectClient,
  key: string,
  uploadId: string,
  partNumber: number,
  content: string | Buffer,
): Promise<UploadedPart> {
  const body = Buffer.from(content);
  const contentMd5 = md5(body, "base64");
  return client.uploadPart(key, { uploadId, partNumber, body, size: body.length, contentMd5 });
}

/** Begins an upload and sends these parts, numbered from 1. */
export async function beginUpload(
  client: ObjectClient,
  key: string,
  parts: readonly (string | Buffer)[],
): Promise<{ readonly uploadId: string; readonly parts: readonly UploadedPart[] }> {
  const uploadId = await client.createUpload(key, { headers: { metadata: {} } });
  const uploaded: UploadedPart[] = [];
  for (const [index, content] of parts.entries()) {
    uploaded.push(await uploadPart(client, key, uploadId, index + 1, content));
  }
  return { uploadId, parts: uploaded };
}

/** Puts an object in parts. */
export async function putParts(
  client: ObjectClient,
  key: string,
  parts: readonly (string | Buffer)[],
): Promise<PutResult> {
  const upload = await beginUpload(client, key, parts);
  return client.completeUpload(key, { ...upload, condition: ABSENT });
}

export async function textOf(content: Promise<ObjectContent>): Promise<string> {
  return (await buffer((await content).body)).toString();
}
