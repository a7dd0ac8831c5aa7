import type { StoreCredentials } from "../../contract/credentials";
import type { RemoteShell } from "./ssh-connection";
import { RemoteCommandError } from "./ssh-errors";

/** The replicator's key pairs, as the store knows them. */
export interface ReplicatorKeys {
  create(): Promise<StoreCredentials>;
  /** Access key ids. */
  list(): Promise<readonly string[]>;
  /** Resolves as well when there is no such key any more. */
  remove(accessKeyId: string): Promise<void>;
}

/** The secrets that unsigned readers must send, as the droplet's proxy knows them. */
export interface OriginSecrets {
  /** Replaces all of them: one, or two that are both accepted, the current one first. */
  set(secrets: readonly string[]): Promise<void>;
  count(): Promise<number>;
}

/** Where the provisioning puts its scripts on the droplet. */
const SCRIPTS = "/opt/storage-failover";
const KEYS = `${SCRIPTS}/replicator-keys.sh`;
const ORIGIN = `${SCRIPTS}/origin-secrets.sh`;

/** Whoever knows an access key id may be able to write (CVE-2026-41145), so it travels as input as well. */
const REMOVE = `IFS= read -r id && exec ${KEYS} remove "$id"`;

const ACCESS_KEY_ID = /^[A-Za-z0-9_-]{3,128}$/;

/** Whether one is this command's to remove: the store may have other users. */
export function isReplicatorKey(accessKeyId: string): boolean {
  return /^replicator-[0-9a-f]+$/.test(accessKeyId);
}

/** The key pairs of the server behind this shell. */
export function replicatorKeys(shell: RemoteShell): ReplicatorKeys {
  return {
    create: async () => createdPair(await shell.run("making a key pair", `${KEYS} create`)),
    list: async () => {
      const out = await shell.run("listing the replicator's keys", `${KEYS} list`);
      const ids = out.split("\n").filter((line) => line.trim() !== "");
      if (ids.every((id) => ACCESS_KEY_ID.test(id))) return ids;
      throw new RemoteCommandError(`${KEYS} list did not answer with access key ids`);
    },
    remove: async (accessKeyId) => {
      await shell.run("removing a key pair", REMOVE, `${accessKeyId}\n`);
    },
  };
}

/** The origin secrets of the proxy behind this shell. */
export function originSecrets(shell: RemoteShell): OriginSecrets {
  return {
    set: async (secrets) => {
      const input = secrets.map((secret) => `${secret}\n`).join("");
      await shell.run("setting the origin secret", `${ORIGIN} set`, input);
    },
    count: async () => {
      const out = (await shell.run("counting the origin secrets", `${ORIGIN} count`)).trim();
      if (/^\d+$/.test(out)) return Number(out);
      throw new RemoteCommandError(`${ORIGIN} count did not answer with a number`);
    },
  };
}

function createdPair(out: string): StoreCredentials {
  const { accessKeyId, secretAccessKey } = parsed(out);
  const isPair =
    typeof accessKeyId === "string" &&
    ACCESS_KEY_ID.test(accessKeyId) &&
    typeof secretAccessKey === "string" &&
    secretAccessKey.length >= 8;
  if (isPair) return { accessKeyId, secretAccessKey };
  // Not a word of it: it may hold a secret all the same.
  throw new RemoteCommandError(`${KEYS} create did not answer with a key pair`);
}

function parsed(out: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(out);
    return typeof value === "object" && value !== null ? { ...value } : {};
  } catch {
    return {};
  }
}
