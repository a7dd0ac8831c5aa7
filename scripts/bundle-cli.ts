import { build } from "esbuild";
import { ONE_FILE } from "./one-file";

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
    ...ONE_FILE,
    banner: { js: "#!/usr/bin/env node" },
    logLevel: "error",
  });
}
