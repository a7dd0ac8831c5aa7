import { existsSync } from "node:fs";
import { mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import type { StoreCredentials } from "../../../contract/credentials";

/** What the scripts of the double can be told to get wrong. */
export type Fault = "create-fails" | "create-babbles" | "remove-fails" | "origin-fails";

/** Stands for the droplet's own scripts: the same calls and answers, with the state in a folder. */
export interface DropletDouble {
  readonly folder: string;
  /** The pairs that the store would accept now. */
  pairs(): Promise<readonly StoreCredentials[]>;
  /** Adds a pair, as an earlier enrolment did. */
  add(pair: StoreCredentials): Promise<void>;
  /** Every secret that was ever made, for looking where none may be. */
  secrets(): Promise<readonly string[]>;
  originSecrets(): Promise<readonly string[]>;
  setFault(fault: Fault | undefined): Promise<void>;
}

const KEYS_SCRIPT = `#!/bin/sh
set -eu
cd "$(dirname "$0")"
fault=$(cat fault 2>/dev/null || true)
case $1 in
create)
  id=replicator-$(od -An -N8 -tx1 /dev/urandom | tr -d ' \\n')
  secret=CANARY$(od -An -N20 -tx1 /dev/urandom | tr -d ' \\n')
  printf '%s' "$secret" >"keys/$id"
  printf '%s\\n' "$secret" >>made
  if [ "$fault" = create-fails ]; then
    echo "mc: <ERROR> user $id with $secret could not be given its policy" >&2
    exit 1
  fi
  if [ "$fault" = create-babbles ]; then
    echo "warning: $secret"
  fi
  printf '{"accessKeyId":"%s","secretAccessKey":"%s"}\\n' "$id" "$secret" ;;
list) ls keys ;;
remove)
  if [ "$fault" = remove-fails ]; then
    echo "mc: <ERROR> server not initialized" >&2
    exit 1
  fi
  rm -f "keys/$2" ;;
*) exit 64 ;;
esac
`;

const ORIGIN_SCRIPT = `#!/bin/sh
set -eu
cd "$(dirname "$0")"
case $1 in
set)
  if [ "$(cat fault 2>/dev/null || true)" = origin-fails ]; then
    echo "cannot reload: $(cat)" >&2
    exit 1
  fi
  cat >origin ;;
count) if [ -f origin ]; then wc -l <origin; else echo 0; fi ;;
*) exit 64 ;;
esac
`;

export async function dropletDouble(folder: string): Promise<DropletDouble> {
  const file = (name: string) => path.join(folder, name);
  await mkdir(file("keys"), { recursive: true });
  await writeFile(file("replicator-keys.sh"), KEYS_SCRIPT, { mode: 0o755 });
  await writeFile(file("origin-secrets.sh"), ORIGIN_SCRIPT, { mode: 0o755 });
  const lines = async (name: string) =>
    existsSync(file(name)) ? (await readFile(file(name), "utf8")).split("\n").filter(Boolean) : [];
  return {
    folder,
    pairs: async () =>
      Promise.all(
        (await readdir(file("keys"))).map(async (accessKeyId) => ({
          accessKeyId,
          secretAccessKey: await readFile(path.join(file("keys"), accessKeyId), "utf8"),
        })),
      ),
    add: ({ accessKeyId, secretAccessKey }) =>
      writeFile(path.join(file("keys"), accessKeyId), secretAccessKey),
    secrets: () => lines("made"),
    originSecrets: () => lines("origin"),
    setFault: (fault) =>
      fault === undefined ? rm(file("fault"), { force: true }) : writeFile(file("fault"), fault),
  };
}
