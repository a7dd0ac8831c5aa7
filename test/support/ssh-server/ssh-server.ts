import { existsSync } from "node:fs";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { connect } from "node:net";
import { userInfo } from "node:os";
import path from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { type KeptProcess, keepProcess } from "../../../drill/local-cloud/kept-process";
import { logTail } from "../../../drill/local-cloud/log-tail";
import { freePort } from "../../../drill/machine/free-port";
import type { FoundSshd } from "./find-sshd";
import { outputOf, succeeds } from "./system-program";

export interface SshServer {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  /** File of the private key that it lets in. */
  readonly identity: string;
  /** `SHA256:…` */
  readonly fingerprint: string;
  /** Public key file of the host key. */
  readonly hostKeyFile: string;
  /** A key that it does not let in. */
  readonly strangersIdentity: string;
  /** Commands that it was asked to run, oldest first. */
  commands(): Promise<readonly string[]>;
  stop(): Promise<void>;
}

/** What stands for the droplet. */
export interface RemoteScripts {
  /** The folder that stands for `/opt/storage-failover` in every command. */
  readonly folder: string;
  /** The folder that stands for `/srv/standby`. @default - this machine's own */
  readonly volume?: string;
  /** Added to their environment. @default - nothing */
  readonly environment?: Readonly<Record<string, string>>;
}

/** OpenSSH's own server on a free port of 127.0.0.1, for this machine's user, who may log in with one key. */
export async function startSshServer(
  sshd: FoundSshd,
  folder: string,
  scripts: RemoteScripts,
): Promise<SshServer> {
  await mkdir(folder, { recursive: true });
  const file = (name: string) => path.join(folder, name);
  for (const name of ["host_key", "identity", "stranger"]) {
    outputOf("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-C", name, "-f", file(name)]);
  }
  const log = file("commands.log");
  await writeFile(log, "");
  await writeFile(file("wrapper.sh"), wrapper(scripts, log), { mode: 0o755 });
  const port = await freePort();
  await writeFile(file("sshd_config"), configuration(file, port));
  const server = await start(sshd, folder, file("sshd_config"));
  await untilItListens(port, server, file("sshd.log"));
  const line = outputOf("ssh-keygen", ["-lf", file("host_key.pub")]);
  return {
    host: "127.0.0.1",
    port,
    user: userInfo().username,
    identity: file("identity"),
    strangersIdentity: file("stranger"),
    fingerprint: line.split(" ")[1] ?? "",
    hostKeyFile: file("host_key.pub"),
    commands: async () => (await readFile(log, "utf8")).split("\n").filter((command) => command !== ""),
    stop: () => server.end(2),
  };
}

/** Every command runs with other folders in the place of the droplet's own, and is noted before. */
function wrapper({ folder, volume = "/srv/standby", environment = {} }: RemoteScripts, log: string): string {
  const variables = Object.entries(environment).map(([name, value]) => `export ${name}='${value}'\n`);
  return `#!/bin/sh
${variables.join("")}printf '%s\\n' "$SSH_ORIGINAL_COMMAND" >>'${log}'
exec sh -c "$(printf '%s' "$SSH_ORIGINAL_COMMAND" | sed 's|/opt/storage-failover|${folder}|g; s|/srv/standby|${volume}|g')"
`;
}

function configuration(file: (name: string) => string, port: number): string {
  // Without PAM, a server that may not read the shadow file takes every account for locked.
  const usePam = process.getuid?.() === 0 ? "no" : "yes";
  return `ListenAddress 127.0.0.1
Port ${port}
HostKey ${file("host_key")}
PidFile none
AuthorizedKeysFile ${file("identity.pub")}
StrictModes no
UsePAM ${usePam}
PasswordAuthentication no
KbdInteractiveAuthentication no
PermitRootLogin prohibit-password
AllowTcpForwarding no
ForceCommand ${file("wrapper.sh")}
`;
}

/**
 * As root, sshd wants a user and a folder for its unprivileged half. Where the machine has none, it gets them in a mount
 * namespace of its own: the machine's own files are not touched.
 */
async function start(sshd: FoundSshd, folder: string, config: string): Promise<KeptProcess> {
  const words = [sshd.file, "-D", "-e", "-f", config];
  const environment = { PATH: process.env.PATH ?? "", ...sshd.environment };
  const logFile = path.join(folder, "sshd.log");
  if (!needsPrivilegeSeparation()) {
    return keepProcess({ file: sshd.file, arguments: words.slice(1), folder, environment, logFile });
  }
  const passwd = path.join(folder, "passwd");
  const users = await readFile("/etc/passwd", "utf8");
  const known = /^sshd:/m.test(users) ? "" : "sshd:x:65533:65534::/run/sshd:/usr/sbin/nologin\n";
  await writeFile(passwd, `${users.replace(/\n?$/, "\n")}${known}`);
  const script = `mount --bind "$1" /etc/passwd && mount -t tmpfs none /run && mkdir -m 0755 /run/sshd && shift && exec "$@"`;
  return keepProcess({
    file: "unshare",
    arguments: ["--mount", "sh", "-c", script, "sh", passwd, ...words],
    folder,
    environment,
    logFile,
  });
}

function needsPrivilegeSeparation(): boolean {
  return process.getuid?.() === 0 && (!existsSync("/run/sshd") || !succeeds("getent", ["passwd", "sshd"]));
}

async function untilItListens(port: number, server: KeptProcess, log: string): Promise<void> {
  let ended = false;
  void server.exited.then(() => {
    ended = true;
  });
  for (let attempt = 0; attempt < 200; attempt += 1) {
    if (await accepts(port)) return;
    if (ended) break;
    await delay(50);
  }
  await server.end(1);
  throw new Error(`sshd did not start; its last lines:\n${logTail(log)}`);
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    socket.once("connect", () => {
      socket.destroy();
      resolve(true);
    });
    socket.once("error", () => resolve(false));
  });
}
