import { randomUUID } from "node:crypto";
import { STORE_IDENTITY_KEY } from "../../contract/state-keys";
import type { ObjectClient } from "../s3/object-client";
import { readState, writeState } from "./state-object";

interface StoreIdentity {
  readonly id: string;
}

/** The store's random identity, made once: a name or an address can be given to another store, this cannot. */
export async function storeIdentity(client: ObjectClient): Promise<string> {
  const known = await readState(client, STORE_IDENTITY_KEY, parseIdentity);
  if (known) return known.value.id;
  const made = await writeState(client, STORE_IDENTITY_KEY, { id: randomUUID() }, undefined);
  return made?.value.id ?? storeIdentity(client);
}

/** The identity if the store has one; makes none. */
export async function knownIdentity(client: ObjectClient): Promise<string | undefined> {
  return (await readState(client, STORE_IDENTITY_KEY, parseIdentity))?.value.id;
}

function parseIdentity(json: unknown): StoreIdentity | undefined {
  if (typeof json !== "object" || json === null || !("id" in json)) return undefined;
  // A stamp separates its fields by spaces.
  return typeof json.id === "string" && /^[\w-]{8,64}$/.test(json.id) ? { id: json.id } : undefined;
}
