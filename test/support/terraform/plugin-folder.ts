import { readdirSync, writeFileSync } from "node:fs";
import path from "node:path";

/** Names the folder with providers; laid out as `terraform providers mirror` does, unpacked. */
export const PLUGIN_FOLDER_VARIABLE = "TF_PLUGIN_DIR";

const REGISTRY = "registry.terraform.io";

/** The newest version of each provider in the folder, by `namespace/name`. Empty when there is none. */
export function pluginVersions(folder: string): ReadonlyMap<string, string> {
  const versions = new Map<string, string>();
  const registry = path.join(folder, REGISTRY);
  for (const namespace of foldersIn(registry)) {
    for (const name of foldersIn(path.join(registry, namespace))) {
      const newest = foldersIn(path.join(registry, namespace, name))
        .sort(byVersion)
        .at(-1);
      if (newest !== undefined) versions.set(`${namespace}/${name}`, newest);
    }
  }
  return versions;
}

/** Writes a Terraform CLI configuration that takes providers from the folder, and from nowhere else. */
export function writeCliConfiguration(file: string, pluginFolder: string): void {
  writeFileSync(
    file,
    `provider_installation {\n  filesystem_mirror {\n    path = ${JSON.stringify(path.resolve(pluginFolder))}\n  }\n}\n`,
  );
}

function foldersIn(folder: string): string[] {
  try {
    return readdirSync(folder, { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map((entry) => entry.name);
  } catch {
    return [];
  }
}

function byVersion(one: string, other: string): number {
  return one.localeCompare(other, "en", { numeric: true });
}
