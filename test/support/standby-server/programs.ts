import { accessSync, constants } from "node:fs";
import path from "node:path";
import { type CachedBuild, ensureBuilt } from "../../../drill/local-cloud/build-cache";
import { minioBuild } from "../../../drill/local-cloud/minio-package";
import type { StartContext } from "../../../drill/local-cloud/start-options";

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
 * Takes the installed Caddy, and builds what is missing with the Go toolchain, once.
 *
 * @throws Error with the reason when a program cannot be had
 */
export async function obtainPrograms(context: StartContext): Promise<StandbyPrograms> {
  for (const name of ["bash", "openssl", "curl"]) {
    if (programFile(name) === undefined) throw new Error(`${name} is not installed`);
  }
  const built = async (build: CachedBuild) => {
    await ensureBuilt(build, context);
    return path.join(build.folder, build.proof);
  };
  return {
    caddy: programFile("caddy") ?? (await built(caddyBuild(context))),
    mc: await built(mcBuild(context)),
    minio: await built(minioBuild(context)),
  };
}

/** The last commit of the archived repository. */
const MC_PACKAGE_VERSION = "v0.0.0-20250313080218-cf909e1063a9";

function mcBuild(context: StartContext): CachedBuild {
  return goBuild(context, "mc", `github.com/minio/mc@${MC_PACKAGE_VERSION}`, "half a minute");
}

/** The release series that the droplet's distribution has. */
function caddyBuild(context: StartContext): CachedBuild {
  return goBuild(context, "caddy", "github.com/caddyserver/caddy/v2/cmd/caddy@v2.6.4", "one to two minutes");
}

function goBuild(context: StartContext, program: string, source: string, usuallyTakes: string): CachedBuild {
  const version = source.slice(source.lastIndexOf("@v") + 2);
  return {
    name: program,
    folder: path.join(context.cacheFolder, program, version),
    proof: program,
    usuallyTakes,
    build: (folder, run) => run({ file: "go", arguments: ["install", source] }, { GOBIN: folder }),
  };
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
