import { createHash } from "node:crypto";
import { build } from "esbuild";
import { type Zippable, zipSync } from "fflate";

export interface Bundle {
  readonly zip: Buffer;
  /** Hex. */
  readonly sha256: string;
}

/** A zip holds local times; the same numbers in any time zone make the same bytes. */
const ZIP_EPOCH = new Date(1980, 0, 1);

/** @param root - the repository; nothing of its path ends up in the bundle */
export async function bundleReplicator(root: string): Promise<Bundle> {
  const { outputFiles } = await build({
    absWorkingDir: root,
    entryPoints: { handler: "lambda/replicator/handler.ts" },
    outdir: "assets",
    bundle: true,
    platform: "node",
    target: "node20",
    format: "cjs",
    minify: true,
    keepNames: true,
    legalComments: "none",
    sourcemap: false,
    write: false,
  });
  const entries: Zippable = {};
  for (const file of outputFiles) {
    const name = file.path.split(/[\\/]/).at(-1) ?? "";
    entries[name] = [file.contents, { mtime: ZIP_EPOCH, level: 9, os: 3, attrs: 0o644 << 16 }];
  }
  const zip = Buffer.from(zipSync(entries));
  return { zip, sha256: createHash("sha256").update(zip).digest("hex") };
}
