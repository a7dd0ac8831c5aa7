import { accessSync, constants } from "node:fs";
import path from "node:path";
import { type CachedBuild, ensureBuilt } from "../../../drill/local-cloud/build-cache";
import { type GoProgram, goBuild } from "../../../drill/local-cloud/go-build";
import { minioBuild } from "../../../drill/local-cloud/minio-package";
import type { StartContext } from "../../../drill/local-cloud/start-options";
import { downloadCommand } from "../debian-package";

/** The real programs that run in place of a droplet's. Absolute paths. */
export interface StandbyPrograms {
  readonly caddy: string;
  readonly mc: string;
  readonly minio: string;
}

/** Where system programs are, besides the PATH: a user's often lacks the last two. */
export function systemPath(searchPath = process.env.PATH ?? ""): string {
  return [searchPath, "/usr/sbin", "/sbin"].join(path.delimiter);
}

/** The file that would run, or undefined. */
export function programFile(name: string): string | undefined {
  return systemPath()
    .split(path.delimiter)
    .map((folder) => path.join(folder, name))
    .find(isExecutable);
}

/**
 * Takes the installed Caddy, and gets what is missing, once.
 *
 * @throws Error with the reason when a program cannot be had
 */
export async function obtainPrograms(context: StartContext): Promise<StandbyPrograms> {
  for (const name of ["bash", "openssl", "curl"]) {
    if (programFile(name) === undefined) throw new Error(`${name} is not installed`);
  }
  return {
    caddy: programFile("caddy") ?? (await obtainCaddy(context)),
    mc: await built(goBuild(MC, context), context),
    minio: await built(minioBuild(context), context),
  };
}

/** The last commit of the archived repository. */
const MC: GoProgram = {
  name: "mc",
  source: "github.com/minio/mc",
  version: "0.0.0-20250313080218-cf909e1063a9",
  usuallyTakes: "half a minute",
};

/** Newer than what a droplet runs, whose release no current toolchain can build: better than none. */
const CADDY: GoProgram = {
  name: "caddy",
  source: "github.com/caddyserver/caddy/v2/cmd/caddy",
  version: "2.10.2",
  usuallyTakes: "two to five minutes",
};

/** The droplet's own release where packages of its distribution can be had; unpacked, not installed. */
async function obtainCaddy(context: StartContext): Promise<string> {
  if (programFile("apt-get") !== undefined && programFile("dpkg") !== undefined) {
    try {
      return await built(caddyPackage(context), context);
    } catch (error) {
      context.signal.throwIfAborted();
      context.onProgress(`no package of caddy: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  return built(goBuild(CADDY, context), context);
}

function caddyPackage(context: StartContext): CachedBuild {
  const script = `${downloadCommand(["caddy"])} && dpkg --extract caddy_*.deb unpacked && mv unpacked/usr/bin/caddy .`;
  return {
    name: "caddy",
    folder: path.join(context.cacheFolder, "caddy", "package"),
    proof: "caddy",
    usuallyTakes: "seconds",
    build: (_, run) => run({ file: "bash", arguments: ["-c", script] }),
  };
}

async function built(build: CachedBuild, context: StartContext): Promise<string> {
  await ensureBuilt(build, context);
  return path.join(build.folder, build.proof);
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
