import { existsSync } from "node:fs";
import { dirname, join } from "node:path";

/**
 * Absolute path of a file that ships with this package, such as `assets/replicator.zip`: the same whether this
 * runs from source or from `dist/`.
 *
 * @throws Error when no package.json lies above this file: the package is incomplete
 */
export function packageFile(...segments: readonly string[]): string {
  return join(packageRoot(), ...segments);
}

function packageRoot(): string {
  let folder = __dirname;
  while (!existsSync(join(folder, "package.json"))) {
    const parent = dirname(folder);
    if (parent === folder) {
      throw new Error(`no package.json above ${__dirname}`);
    }
    folder = parent;
  }
  return folder;
}
