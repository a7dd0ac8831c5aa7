import type { BuildOptions } from "esbuild";

/** How our programs become one file each that needs nothing but the oldest Node that we support. */
export const ONE_FILE = {
  bundle: true,
  platform: "node",
  target: "node20",
  format: "cjs",
  minify: true,
  keepNames: true,
  legalComments: "none",
} as const satisfies BuildOptions;
