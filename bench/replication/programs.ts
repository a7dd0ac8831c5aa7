import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { build } from "esbuild";
import { type CachedBuild, ensureBuilt, isBuilt } from "../../drill/local-cloud/build-cache";
import { isOnPath } from "../../drill/local-cloud/container-engine";
import { goBuild } from "../../drill/local-cloud/go-build";
import type { StartContext } from "../../drill/local-cloud/start-options";

/** The newest when this was last looked at. */
export const RCLONE_VERSION = "1.76.0";

const SERVER_FOLDER = path.join(__dirname, "..", "s3-server");

/** The bench cannot be run here. */
export class MissingProgramError extends Error {
  public override readonly name = "MissingProgramError";
}

/**
 * The bench's S3 server, built from source unless the same source was built before.
 *
 * @throws MissingProgramError when there is neither a built one nor a Go toolchain
 */
export async function obtainServer(context: StartContext): Promise<string> {
  const server: CachedBuild = {
    name: "the bench's S3 server",
    folder: path.join(context.cacheFolder, "bench-s3-server", sourceHash()),
    proof: "s3-server",
    usuallyTakes: "20 s",
    build: (folder, run) =>
      run({
        file: "go",
        arguments: ["build", "-C", SERVER_FOLDER, "-o", path.join(folder, "s3-server"), "."],
      }),
  };
  if (!isBuilt(server) && !hasGo(context)) {
    throw new MissingProgramError(
      "the bench's S3 server is written in Go, and no Go toolchain (go) is on the PATH; install Go 1.24 or newer from https://go.dev/dl",
    );
  }
  await ensureBuilt(server, context);
  return path.join(server.folder, server.proof);
}

/** Undefined, after saying so, where rclone cannot be built. */
export async function obtainRclone(context: StartContext): Promise<string | undefined> {
  const rclone = goBuild(
    {
      name: `rclone ${RCLONE_VERSION}`,
      source: "github.com/rclone/rclone",
      version: RCLONE_VERSION,
      usuallyTakes: "3 minutes",
    },
    context,
  );
  try {
    if (!isBuilt(rclone) && !hasGo(context))
      throw new MissingProgramError("no Go toolchain (go) is on the PATH");
    await ensureBuilt(rclone, context);
    return path.join(rclone.folder, rclone.proof);
  } catch (error) {
    context.signal.throwIfAborted();
    context.onProgress(
      `left out: rclone cannot be built (${error instanceof Error ? error.message : String(error)})`,
    );
    return undefined;
  }
}

/** Bundles the contenders as the function is bundled, so that no compiler is measured. */
export async function bundleContenders(folder: string): Promise<string> {
  await build({
    absWorkingDir: path.join(__dirname, "..", ".."),
    entryPoints: [
      require.resolve("../contenders/replicator.ts"),
      require.resolve("../contenders/copy-everything.ts"),
    ],
    outdir: folder,
    bundle: true,
    platform: "node",
    target: "node20",
    format: "cjs",
    minify: true,
    logLevel: "silent",
  });
  return folder;
}

function hasGo({ environment }: StartContext): boolean {
  return isOnPath("go", environment.PATH ?? "");
}

function sourceHash(): string {
  const hash = createHash("sha256");
  for (const name of readdirSync(SERVER_FOLDER).sort()) {
    hash.update(`${name}\n`).update(readFileSync(path.join(SERVER_FOLDER, name)));
  }
  return hash.digest("hex").slice(0, 16);
}
