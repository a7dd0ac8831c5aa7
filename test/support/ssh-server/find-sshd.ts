import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from "node:fs";
import path from "node:path";
import { isOnPath } from "../../../drill/local-cloud/container-engine";
import { downloadCommand } from "../debian-package";
import { outputOf, succeeds } from "./system-program";

export interface FoundSshd {
  /** sshd insists on an absolute path. */
  readonly file: string;
  readonly environment: Readonly<Record<string, string>>;
}

const INSTALLED = ["/usr/sbin/sshd", "/usr/local/sbin/sshd", "/usr/bin/sshd", "/sbin/sshd"];
const CACHE = path.resolve(__dirname, "..", "..", "..", ".cache", "sshd");

/** The server, and the one library that a client's machine may lack. */
const PACKAGES = ["openssh-server", "libwrap0"];

/**
 * OpenSSH's server: the machine's own, else the distribution's package, unpacked once below `.cache` and not installed.
 *
 * @returns a string that says why there is none
 */
export function findSshd(): FoundSshd | string {
  for (const program of ["ssh", "ssh-keygen", "ssh-keyscan"]) {
    if (!isOnPath(program, process.env.PATH ?? "")) return `${program} is not installed`;
  }
  const installed = INSTALLED.find((file) => existsSync(file));
  const found = installed === undefined ? unpackedSshd() : { file: installed, environment: {} };
  if (typeof found === "string" || process.getuid?.() !== 0) return found;
  const mayMount = succeeds("unshare", ["--mount", "true"]);
  const isComplete = existsSync("/run/sshd") && succeeds("getent", ["passwd", "sshd"]);
  return mayMount || isComplete
    ? found
    : "sshd run by root needs the user sshd and /run/sshd, and a mount namespace to give it them is not allowed";
}

function unpackedSshd(): FoundSshd | string {
  const tools = ["apt-get", "bash", "dpkg"];
  const missing = tools.find((tool) => !isOnPath(tool, process.env.PATH ?? ""));
  if (missing !== undefined) return `sshd is not installed, nor is ${missing} to fetch it with`;
  const kept = cached();
  if (kept !== undefined) return kept;
  try {
    fetchPackages();
  } catch (error) {
    return `sshd is not installed, and its package cannot be fetched: ${reasonOf(error)}`;
  }
  return cached() ?? "sshd is not installed, and its package does not hold it";
}

function cached(): FoundSshd | undefined {
  const versions = existsSync(CACHE) ? readdirSync(CACHE).filter((name) => !name.startsWith(".")) : [];
  const root = versions.map((version) => path.join(CACHE, version)).find((one) => existsSync(sshdIn(one)));
  if (root === undefined) return undefined;
  const libraries = path.join(root, "usr", "lib");
  const folders = readdirSync(libraries).filter((name) => name.includes("-linux-"));
  const searched = folders.map((name) => path.join(libraries, name)).join(":");
  return { file: sshdIn(root), environment: { LD_LIBRARY_PATH: searched } };
}

function sshdIn(root: string): string {
  return path.join(root, "usr", "sbin", "sshd");
}

/** The folder of a version appears whole: whoever comes second finds it there, and throws its own away. */
function fetchPackages(): void {
  mkdirSync(CACHE, { recursive: true });
  const aside = mkdtempSync(path.join(CACHE, ".unpacking-"));
  try {
    outputOf("bash", ["-c", downloadCommand(PACKAGES)], aside);
    const packages = readdirSync(aside).filter((one) => one.endsWith(".deb"));
    for (const name of packages) {
      outputOf("dpkg", ["-x", name, "root"], aside);
    }
    // As the distribution names the file: name, version and processor.
    const version = packages.find((name) => name.startsWith("openssh-server_"))?.split("_")[1] ?? "unknown";
    const target = path.join(CACHE, version.replaceAll("%3a", "_"));
    if (!existsSync(target)) renameSync(path.join(aside, "root"), target);
  } finally {
    rmSync(aside, { recursive: true, force: true });
  }
}

function reasonOf(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return text.split("\n")[0] ?? text;
}
