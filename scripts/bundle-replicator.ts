import { createHash } from "node:crypto";
import { build, type Plugin } from "esbuild";
import { type Zippable, zipSync } from "fflate";
import { ONE_FILE } from "./one-file";

export interface Bundle {
  readonly zip: Buffer;
  /** Hex. */
  readonly sha256: string;
}

/** A zip holds local times; the same numbers in any time zone make the same bytes. */
const ZIP_EPOCH = new Date(1980, 0, 1);

/** A file of its own, loaded only where figures are sent elsewhere: most functions start without it. */
const LOADED_LATER = "metrics-export";

/** Leaves its import to run time, where it lies beside the importer. */
const apart: Plugin = {
  name: "apart",
  setup: (bundle) => {
    bundle.onResolve({ filter: new RegExp(`/${LOADED_LATER}$`) }, ({ kind }) =>
      kind === "entry-point" ? undefined : { path: `./${LOADED_LATER}.js`, external: true },
    );
  },
};

/** @param root - the repository; nothing of its path ends up in the bundle */
export async function bundleReplicator(root: string): Promise<Bundle> {
  const { outputFiles } = await build({
    absWorkingDir: root,
    entryPoints: {
      handler: "lambda/replicator/handler.ts",
      [LOADED_LATER]: `lambda/replicator/telling/${LOADED_LATER}.ts`,
    },
    plugins: [apart],
    outdir: "assets",
    ...ONE_FILE,
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
