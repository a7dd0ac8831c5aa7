import { createHash } from "node:crypto";
import { buffer } from "node:stream/consumers";
import type { ObjectClient, ObjectHeaders, PutRequest } from "../s3/object-client";
import { StoreError } from "../s3/store-error";
import { BUFFERED_BYTES } from "./admission";

/** A JSON state object as it was read, with the ETag that a conditional write needs. */
export interface StateObject<T> {
  readonly value: T;
  readonly etag: string;
}

/** What is stored cannot be understood; acting on a guess is not safe. */
export class StateMalformedError extends Error {
  public override readonly name = "StateMalformedError";
}

/**
 * @param parse - returns undefined for what it does not understand
 * @throws StateMalformedError when the object is there and `parse` does not understand it
 */
export async function readState<T>(
  client: ObjectClient,
  key: string,
  parse: (json: unknown) => T | undefined,
): Promise<(StateObject<T> & { readonly tagCount: number }) | undefined> {
  const content = await getOrUndefined(client, key);
  if (content === undefined) return undefined;
  const text = (content.buffered ?? (await buffer(content.body))).toString("utf8");
  const value = parse(parseJson(text));
  if (value === undefined) {
    throw new StateMalformedError(
      // Not a word of it: it may be a proxy's page that repeats the request, session token and all.
      `${client.bucket}/${key} is not understood; it has ${text.length} characters`,
    );
  }
  return { value, etag: content.etag, tagCount: content.tagCount };
}

/**
 * Writes the object if it is still as it was `seen`.
 *
 * @returns the new state; undefined when somebody else wrote first
 */
export async function writeState<T>(
  client: ObjectClient,
  key: string,
  value: T,
  seen: StateObject<T> | undefined,
  { tags, ...headers }: Pick<ObjectHeaders, "expires"> & Pick<PutRequest, "tags"> = {},
): Promise<StateObject<T> | undefined> {
  const body = Buffer.from(`${JSON.stringify(value)}\n`);
  try {
    const { etag } = await client.put(key, {
      body,
      size: body.length,
      contentMd5: createHash("md5").update(body).digest("base64"),
      headers: { contentType: "application/json", cacheControl: "no-store", metadata: {}, ...headers },
      tags,
      condition: seen === undefined ? { absent: true } : { etag: seen.etag },
    });
    return { value, etag };
  } catch (error) {
    if (error instanceof StoreError && error.kind === "precondition-failed") return undefined;
    throw error;
  }
}

async function getOrUndefined(client: ObjectClient, key: string) {
  try {
    return await client.get(key, { bufferUpTo: BUFFERED_BYTES });
  } catch (error) {
    if (error instanceof StoreError && error.kind === "not-found") return undefined;
    throw error;
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
