import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  fingerprintOf,
  HOST_KEY_ALIAS,
  type HostKey,
  knownHosts,
  type PinnedHostKey,
  parseHostKeys,
} from "./host-key";
import { runProgram } from "./program-run";
import { shownComplaint } from "./shown-complaint";
import { HostKeyError, RemoteCommandError, SshUnreachableError } from "./ssh-errors";

export interface SshTarget {
  /** Host name or address. */
  readonly host: string;
  /** @default - ssh's own: its configuration, else 22 */
  readonly port?: number;
  readonly user: string;
  /** File of the private key. @default - what ssh finds: its agent, its configuration, its usual files */
  readonly identity?: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
}

/** Where a droplet's commands are run. */
export interface RemoteShell {
  /**
   * @param command - a line for the remote shell; values never stand in it, they are its `input`
   * @param what - for messages, as in `making a key pair`
   * @returns what it printed
   * @throws RemoteCommandError when it fails, SshUnreachableError, HostKeyError
   */
  run(what: string, command: string, input?: string): Promise<string>;
}

const CONNECT_SECONDS = 15;
const SCAN_SECONDS = 10;

/** `replicator-keys.sh` asks a server on the same droplet: minutes would mean that it hangs. */
const COMMAND_SECONDS = 180;

/** ssh's own status for everything that is not the remote command's. */
const SSH_FAILED = 255;

/** What a connection must not do, whatever the person's own configuration says. */
const STRICT = [
  "BatchMode=yes",
  "StrictHostKeyChecking=yes",
  "GlobalKnownHostsFile=none",
  `HostKeyAlias=${HOST_KEY_ALIAS}`,
  "CheckHostIP=no",
  "UpdateHostKeys=no",
  "VerifyHostKeyDNS=no",
  "ForwardAgent=no",
  "ForwardX11=no",
  "ClearAllForwardings=yes",
  "PermitLocalCommand=no",
  "RemoteCommand=none",
  "RequestTTY=no",
  "ControlMaster=no",
  "ControlPath=none",
  "LogLevel=ERROR",
  `ConnectTimeout=${CONNECT_SECONDS}`,
  "ConnectionAttempts=1",
  "ServerAliveInterval=15",
  "ServerAliveCountMax=3",
];

/** The keys that the server offers now, by whoever answers at that address: no proof of anything. */
export async function offeredKeys({ host, port, environment }: SshTarget): Promise<readonly HostKey[]> {
  const words = ["-T", String(SCAN_SECONDS), ...(port === undefined ? [] : ["-p", String(port)]), host];
  const { out } = await runProgram({
    file: "ssh-keyscan",
    words,
    environment: sparse(environment),
    patienceSeconds: 2 * SCAN_SECONDS,
  });
  return parseHostKeys(out);
}

/**
 * Runs `task` with the droplet's shell behind the system's `ssh`, which accepts the pinned key and no other.
 *
 * @throws HostKeyError when the server has another key, SshUnreachableError when it offers none
 */
export async function withSsh<T>(
  target: SshTarget,
  pinned: PinnedHostKey,
  task: (shell: RemoteShell) => Promise<T>,
): Promise<T> {
  const keys = await keysOf(target, pinned);
  const folder = await mkdtemp(join(tmpdir(), "storage-failover-ssh-"));
  try {
    const file = join(folder, "known_hosts");
    await writeFile(file, knownHosts(keys), { mode: 0o600 });
    return await task({ run: (what, command, input) => run(target, file, what, command, input) });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** ssh compares keys, not fingerprints: of the keys that are offered, the one that has the fingerprint is pinned. */
async function keysOf(target: SshTarget, pinned: PinnedHostKey): Promise<readonly HostKey[]> {
  if (pinned.kind === "keys") return pinned.keys;
  const offered = await offeredKeys(target);
  if (offered.length === 0) throw unreachable(target, "it offers no host key");
  const found = offered.filter((key) => fingerprintOf(key) === pinned.fingerprint);
  if (found.length > 0) return found;
  const fingerprints = offered.map((key) => `${fingerprintOf(key)} (${key.type})`).join(", ");
  throw new HostKeyError(
    `${target.host} does not have the pinned host key ${pinned.fingerprint}; it offers ${fingerprints}. Nothing was sent. If the droplet was rebuilt, take its new fingerprint from the DigitalOcean console`,
  );
}

async function run(
  target: SshTarget,
  knownHostsFile: string,
  what: string,
  command: string,
  input: string | undefined,
): Promise<string> {
  const { host, port, user, identity, environment } = target;
  const words = [
    "-T",
    ...[...STRICT, `UserKnownHostsFile=${knownHostsFile}`].flatMap((option) => ["-o", option]),
    ...(port === undefined ? [] : ["-p", String(port)]),
    ...(identity === undefined ? [] : ["-o", "IdentitiesOnly=yes", "-i", identity]),
    ...["-l", user, "--", host, command],
  ];
  const ended = await runProgram({
    file: "ssh",
    words,
    environment: sparse(environment),
    input,
    patienceSeconds: COMMAND_SECONDS,
  });
  if (ended.code === 0) return ended.out;
  const complaint = shownComplaint(ended.error, [ended.out, input ?? ""]);
  if (ended.code !== SSH_FAILED) {
    throw new RemoteCommandError(
      `${what} on ${host} failed with status ${ended.code}${complaint === "" ? "" : `: ${complaint}`}`,
    );
  }
  if (/host key verification failed|host key .*has changed|no matching host key/i.test(ended.error)) {
    throw new HostKeyError(
      `${host} does not have the pinned host key. Nothing was sent. If the droplet was rebuilt, take its new key from the DigitalOcean console`,
    );
  }
  if (/permission denied/i.test(ended.error)) {
    throw new SshUnreachableError(
      `${host} does not let ${user} in with ${identity === undefined ? "the keys that ssh finds here" : `the key ${identity}`}; give --identity <file> with a key of the secondary's sshKeyIds`,
    );
  }
  throw unreachable(target, complaint);
}

function unreachable({ host, port }: SshTarget, reason: string): SshUnreachableError {
  const place = port === undefined ? host : `${host} port ${port}`;
  return new SshUnreachableError(
    `no SSH connection to ${place}: ${reason || "ssh gave no reason"}. SSH is open to the secondary's adminCidrs only, and a new droplet takes a minute to answer`,
  );
}

/** ssh needs the environment (agent, proxies), and none of the secrets that are handed to this command. */
function sparse(environment: SshTarget["environment"]): SshTarget["environment"] {
  return Object.fromEntries(
    Object.entries(environment).filter(([name]) => !/^TF_VAR_|(^|_)SECRET(_|$)/.test(name)),
  );
}
