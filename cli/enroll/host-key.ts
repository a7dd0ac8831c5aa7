import { createHash } from "node:crypto";

/** A server's public key, as `known_hosts` and `ssh-keyscan` write it. */
export interface HostKey {
  /** As in `ssh-ed25519`. */
  readonly type: string;
  /** Base64. */
  readonly blob: string;
}

/** What the person vouches for: the key itself, or its fingerprint. */
export type PinnedHostKey =
  | { readonly kind: "keys"; readonly keys: readonly HostKey[] }
  | { readonly kind: "fingerprint"; readonly fingerprint: string };

/** SHA-256 in base64 without padding, as `ssh-keygen -l` prints it. */
const FINGERPRINT = /^SHA256:[A-Za-z0-9+/]{43}$/;
const KEY_TYPE = /^(ssh|ecdsa|sk-ssh|sk-ecdsa)-[a-z0-9@.-]+$/;
const BLOB = /^AAAA[A-Za-z0-9+/]+={0,2}$/;

/** `SHA256:…` of a public key. */
export function fingerprintOf({ blob }: HostKey): string {
  const digest = createHash("sha256").update(Buffer.from(blob, "base64")).digest("base64");
  return `SHA256:${digest.replace(/=+$/, "")}`;
}

/**
 * Reads a fingerprint, or lines of `known_hosts` or of a public key file. Which host a line names does not matter: the
 * person has said that it is this one's.
 *
 * @returns undefined for anything else
 */
export function parsePinnedHostKey(text: string): PinnedHostKey | undefined {
  const trimmed = text.trim();
  if (FINGERPRINT.test(trimmed)) return { kind: "fingerprint", fingerprint: trimmed };
  const keys = parseHostKeys(trimmed);
  return keys.length === 0 ? undefined : { kind: "keys", keys };
}

/** The keys in lines of `known_hosts`, of `ssh-keyscan` or of public key files; revoked ones and authorities are none. */
export function parseHostKeys(text: string): readonly HostKey[] {
  return text
    .split("\n")
    .filter((line) => !/^\s*[@#]/.test(line))
    .flatMap((line) => {
      const words = line.trim().split(/\s+/);
      const at = words.findIndex((word) => KEY_TYPE.test(word));
      const [type, blob] = at === -1 ? [] : words.slice(at, at + 2);
      return type !== undefined && blob !== undefined && BLOB.test(blob) ? [{ type, blob }] : [];
    });
}

/** The only name under which ssh is told to look for the pinned keys, whatever host and port it connects to. */
export const HOST_KEY_ALIAS = "storage-failover-droplet";

/** The whole `known_hosts` file of one connection. */
export function knownHosts(keys: readonly HostKey[]): string {
  return keys.map(({ type, blob }) => `${HOST_KEY_ALIAS} ${type} ${blob}\n`).join("");
}
