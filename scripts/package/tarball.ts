import { mkdirSync } from "node:fs";
import path from "node:path";
import { run } from "./command";

export interface Tarball {
  /** Absolute path of the `.tgz`. */
  readonly file: string;
  /** Holds what the tarball holds. */
  readonly folder: string;
  /** With slashes, relative to the package. */
  readonly files: readonly string[];
  readonly packedBytes: number;
  readonly unpackedBytes: number;
}

interface NpmPackEntry {
  readonly filename: string;
  readonly size: number;
  readonly unpackedSize: number;
  readonly files: readonly { readonly path: string }[];
}

/**
 * What `npm publish` would send, packed from what has been built.
 *
 * @param root - the repository
 * @param folder - where to put it, and what is in it
 */
export async function packTarball(root: string, folder: string): Promise<Tarball> {
  const args = ["pack", "--ignore-scripts", "--json", "--pack-destination", folder];
  const [packed]: readonly NpmPackEntry[] = JSON.parse(await run("npm", args, { cwd: root }));
  if (packed === undefined) throw new Error("npm pack has made nothing");
  const file = path.join(folder, packed.filename);
  const unpacked = path.join(folder, "unpacked");
  mkdirSync(unpacked);
  await run("tar", ["-xzf", file, "-C", unpacked], { cwd: folder });
  return {
    file,
    folder: path.join(unpacked, "package"),
    files: packed.files.map((entry) => entry.path).sort(),
    packedBytes: packed.size,
    unpackedBytes: packed.unpackedSize,
  };
}
