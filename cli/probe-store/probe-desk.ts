import { createHash } from "node:crypto";
import { PROBE_PREFIX } from "../../contract/state-keys";
import { traitKeys } from "../../lambda/replicator/destination-probe";
import type {
  ObjectClient,
  ObjectHeaders,
  ObjectTags,
  PutResult,
  UploadedPart,
  WriteCondition,
} from "../../lambda/s3/object-client";
import { StoreError, type StoreErrorKind } from "../../lambda/s3/store-error";

/** Apart from what the replicator tries by itself: taking that away under its hands would mislead it. */
export const DESK_PREFIX = `${PROBE_PREFIX}by-hand/`;

/** Fixed names, so that the next run finds what a killed one left; and a little more than what the checks write. */
const NAMES = [
  ...["created", "replaced", "md5", "etag", "headers", "tagged", "versioned", "read"],
  ...["parts", "completed"],
  ...["order/a", "order/\uFF5E", "order/\u{1F600}", "text/a b+c%25&<é>'\"", "text/control\u0001"],
];

const NOTHING: ObjectHeaders = { metadata: {} };

export interface PutOptions {
  /** @default - the key must be absent */
  readonly condition?: WriteCondition;
  readonly headers?: ObjectHeaders;
  readonly tags?: ObjectTags;
  /** Base64. @default - of the text */
  readonly contentMd5?: string;
}

/** Where a store is tried: keys below one prefix, and an end that leaves none of them. */
export class ProbeDesk {
  constructor(public readonly client: ObjectClient) {}

  /** @param name - one of `NAMES`: what is written under another would not be found again */
  public key(name: string): string {
    if (!NAMES.includes(name)) throw new Error(`"${name}" is no name of the desk`);
    return `${DESK_PREFIX}${name}`;
  }

  public put(name: string, text: string, options: PutOptions = {}): Promise<PutResult> {
    const {
      condition = { absent: true },
      headers = NOTHING,
      tags,
      contentMd5 = md5(text, "base64"),
    } = options;
    const body = Buffer.from(text);
    return this.client.put(this.key(name), { body, size: body.length, contentMd5, headers, tags, condition });
  }

  /** Begins an upload and sends its parts. */
  public async upload(
    name: string,
    contents: readonly Buffer[],
  ): Promise<{ readonly uploadId: string; readonly parts: readonly UploadedPart[] }> {
    const uploadId = await this.client.createUpload(this.key(name), { headers: NOTHING });
    const parts: UploadedPart[] = [];
    for (const [index, body] of contents.entries()) {
      const partNumber = index + 1;
      const part = { uploadId, partNumber, body, size: body.length, contentMd5: md5(body, "base64") };
      parts.push(await this.client.uploadPart(this.key(name), part));
    }
    return { uploadId, parts };
  }

  /**
   * Removes every version of everything that was written, and of what an earlier run left.
   *
   * @returns keys that could not be removed
   */
  public async clear(): Promise<readonly string[]> {
    const { keys, parent, child, expires } = traitKeys(DESK_PREFIX);
    const shaped = Object.values(keys);
    // A store that drops a leading slash has written under the rest. What is above is removed first: it may hide the other.
    const odd = [...shaped, keys["leading-slash"].slice(1), parent, child, expires];
    const all = [...NAMES.map((name) => this.key(name)), ...odd];
    for (const key of all) await this.removeKey(key);
    const left = await this.client.list({ prefix: DESK_PREFIX });
    return left.objects.map(({ key }) => key);
  }

  private async removeKey(key: string): Promise<void> {
    try {
      for (const { uploadId } of await this.client.uploads(key)) await this.client.abortUpload(key, uploadId);
      for (const { versionId } of await this.client.versions(key))
        await this.client.delete({ key, versionId });
    } catch (error) {
      // It cannot hold such a key, or does not list versions: the listing at the end tells what is left.
      if (!isFinal(error)) throw error;
      await this.client.delete({ key }).catch(ignoreFinal);
    }
  }
}

/** What a request came to; rejects when that tells nothing about the store's abilities. */
export async function answerTo(request: Promise<unknown>): Promise<"done" | StoreErrorKind> {
  try {
    await request;
    return "done";
  } catch (error) {
    if (error instanceof StoreError && isFinal(error)) return error.kind;
    throw error;
  }
}

/** An answer of the store's own choice, not an accident on the way to it. */
function isFinal(error: unknown): boolean {
  return (
    error instanceof StoreError &&
    ["not-found", "precondition-failed", "refused", "malformed-answer", "server-error"].includes(error.kind)
  );
}

function ignoreFinal(error: unknown): void {
  if (!isFinal(error)) throw error;
}

export function md5(content: string | Buffer, encoding: "hex" | "base64"): string {
  return createHash("md5").update(content).digest(encoding);
}
