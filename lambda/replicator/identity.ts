import { randomUUID } from "node:crypto";
import { STORE_IDENTITY_KEY } from "../../contract/state-keys";
import type { ObjectClient } from "../s3/object-client";
import { StoreError } from "../s3/store-error";
import { readState, StateMalformedError, writeState } from "./state-object";

/** What a store's identity object tells. */
export interface StoreIdentity {
  /** Random, made once: a name or an address can be given to another store, this cannot. */
  readonly id: string;
  /** Whether the store tells with an object how many tags it has: the identity itself carries one. */
  readonly countsTags: boolean;
}

const TAGS = { "storage-failover": "identity" };

/**
 * Makes an identity where there is none.
 *
 * @throws StateMalformedError when the store does not show what was written
 */
export async function storeIdentity(client: ObjectClient): Promise<StoreIdentity> {
  const known = await knownIdentity(client);
  if (known) return known;
  const made = { id: randomUUID() };
  try {
    await writeState(client, STORE_IDENTITY_KEY, made, undefined, { tags: TAGS });
  } catch (error) {
    // A server may know no tags, or let this writer set none, and keep objects all the same.
    if (!(error instanceof StoreError) || error.retryable) throw error;
    await writeState(client, STORE_IDENTITY_KEY, made, undefined);
  }
  const read = await knownIdentity(client);
  if (read) return read;
  throw new StateMalformedError(`${client.bucket}/${STORE_IDENTITY_KEY} was written, and cannot be read`);
}

/** The identity if the store has one; makes none. */
export async function knownIdentity(client: ObjectClient): Promise<StoreIdentity | undefined> {
  const read = await readState(client, STORE_IDENTITY_KEY, parseId);
  return read && { id: read.value, countsTags: read.tagCount > 0 };
}

function parseId(json: unknown): string | undefined {
  if (typeof json !== "object" || json === null || !("id" in json)) return undefined;
  // A stamp separates its fields by spaces.
  return typeof json.id === "string" && /^[\w-]{8,64}$/.test(json.id) ? json.id : undefined;
}
