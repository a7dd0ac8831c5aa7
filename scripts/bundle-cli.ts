import { build, type Plugin } from "esbuild";
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
    plugins: [SMALL_CHARTS],
    // Leaves out what echarts tells its own users while they develop.
    define: { "process.env.NODE_ENV": '"production"' },
    banner: { js: "#!/usr/bin/env node" },
    logLevel: "error",
  });
}

/** Not by `alias`, which would also catch the parts that the replacement is made of. */
const SMALL_CHARTS: Plugin = {
  name: "small-charts",
  setup: (bundle) =>
    bundle.onResolve({ filter: /^echarts$/ }, () => ({ path: require.resolve("./small-charts.ts") })),
};
