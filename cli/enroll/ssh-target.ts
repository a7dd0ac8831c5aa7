import { readFile } from "node:fs/promises";
import { errorCode } from "../../drill/machine/caught-error";
import { WrongUseError } from "../wrong-use-error";
import type { SshArguments } from "./droplet-arguments";
import { fingerprintOf, type PinnedHostKey, parsePinnedHostKey } from "./host-key";
import { offeredKeys, type SshTarget } from "./ssh-connection";

/** Neither may look like an option to ssh, or like anything to a shell. */
const HOST = /^[A-Za-z0-9][A-Za-z0-9.:_-]{0,252}$/;
const USER = /^[A-Za-z_][A-Za-z0-9._-]{0,31}$/;

/**
 * @param storeHost - taken where no host is named
 * @throws WrongUseError
 */
export function sshTarget(
  { host = "", port, user, identity }: SshArguments,
  storeHost: string,
  environment: SshTarget["environment"],
): SshTarget {
  const name = (host || storeHost).replace(/^\[(.*)\]$/, "$1");
  if (!HOST.test(name)) throw new WrongUseError(`--host "${name}" is no host name or address`);
  if (!USER.test(user)) throw new WrongUseError(`--user "${user}" is no user name`);
  return { host: name, port, user, identity, environment };
}

/**
 * The host key that the person vouches for.
 *
 * @throws WrongUseError when there is none, saying where to get it, and what the server offers
 */
export async function pinnedHostKey(given: string | undefined, target: SshTarget): Promise<PinnedHostKey> {
  if (given === undefined) throw new WrongUseError(await whereToGetIt(target));
  const pinned = parsePinnedHostKey((await fileText(given)) ?? given);
  if (pinned !== undefined) return pinned;
  throw new WrongUseError(
    "--host-key is no host key; allowed: a fingerprint (SHA256: and 43 characters), a known_hosts line, or a file with either; hashed host names are fine, revoked keys are not",
  );
}

async function fileText(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    // A line or a fingerprint, then: no file is called so, or can be.
    if (["ENOENT", "ENAMETOOLONG", "ENOTDIR"].includes(errorCode(error) ?? "")) return undefined;
    throw new WrongUseError(`--host-key "${path}" cannot be read (${errorCode(error)})`, { cause: error });
  }
}

async function whereToGetIt(target: SshTarget): Promise<string> {
  const offered = await offeredKeys(target).catch(() => []);
  const lines =
    offered.length === 0
      ? ["Nothing answered there just now: SSH is open to the secondary's adminCidrs only."]
      : [
          "What answers there now offers the following, which proves nothing by itself:",
          ...offered.map((key) => `  ${fingerprintOf(key)}  ${key.type}`),
        ];
  return [
    `--host-key is missing: without it nobody can tell the droplet at ${target.host} from somebody else's server`,
    "",
    "Take it from where nobody can be in between: open the droplet's console on cloud.digitalocean.com and run",
    "  ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub",
    "then give the fingerprint that it prints: --host-key SHA256:…",
    "",
    ...lines,
  ].join("\n");
}
