import { createHash } from "node:crypto";
import { readFileSync, statSync } from "node:fs";
import { resolve } from "node:path";
import { ConfigurationError } from "../configuration-error";
import { packageFile } from "../private/package-root";

export interface ReplicatorCode {
  /** Absolute path of the zip. */
  readonly path: string;
  /** Base64 SHA-256 of the zip's bytes, which is what AWS reports too: equal code is never deployed again. */
  readonly sourceCodeHash: string;
}

/**
 * The prebuilt zip of the replicator.
 *
 * @param assetPath another zip; relative to the working folder
 * @throws ConfigurationError ASSET_MISSING
 */
export function replicatorCode(assetPath: string | undefined, propPath: string): ReplicatorCode {
  const path = assetPath === undefined ? packageFile("assets", "replicator.zip") : resolve(assetPath);
  if (!statSync(path, { throwIfNoEntry: false })?.isFile()) {
    throw new ConfigurationError({
      code: "ASSET_MISSING",
      path: propPath,
      what: "the replicator's code has not been built",
      value: assetPath ?? "assets/replicator.zip of this package",
      allowed: "a zip with handler.js at its top",
      fix: "run npm run build:lambda",
    });
  }
  return { path, sourceCodeHash: createHash("sha256").update(readFileSync(path)).digest("base64") };
}
