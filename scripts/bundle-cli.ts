import { build } from "esbuild";

/**
 * Puts the packaged command line into one file that needs nothing but Node.
 *
 * @param root - the repository
 */
export async function bundleCli(root: string, outfile: string): Promise<void> {
  await build({
    absWorkingDir: root,
    entryPoints: [require.resolve("../cli/packaged-main.ts")],
    outfile,
    bundle: true,
    platform: "node",
    target: "node20",
    format: "cjs",
    minify: true,
    keepNames: true,
    legalComments: "none",
    banner: { js: "#!/usr/bin/env node" },
    logLevel: "error",
  });
}
