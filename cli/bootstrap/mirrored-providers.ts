import { cp, mkdir, readdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import { errorCode } from "../../drill/machine/caught-error";
import { pinnedVersion, type RequiredProvider } from "./required-providers";

/** One provider's package for one platform. */
export interface WantedPackage {
  readonly provider: RequiredProvider;
  /** As in `linux_amd64`. */
  readonly platform: string;
}

/** Every package that these providers need on these platforms. */
export function wantedPackages(
  providers: readonly RequiredProvider[],
  platforms: readonly string[],
): readonly WantedPackage[] {
  const different = new Map(providers.map((one) => [`${one.source} ${one.version}`, one]));
  return [...different.values()].flatMap((provider) => platforms.map((platform) => ({ provider, platform })));
}

export function packageLabel({ provider, platform }: WantedPackage): string {
  return [provider.source, provider.version, platform].filter(Boolean).join(" ");
}

/**
 * Paths of a package inside a folder that is laid out as a filesystem mirror; empty where it is not there. Packed
 * it is a zip file beside others, unpacked a folder of its own. Where a version is not pinned, any will do: whether
 * it fits is Terraform's to say.
 *
 * @param host - of the registry, which names the first folder
 */
export async function packagePaths(
  mirror: string,
  host: string,
  { provider, platform }: WantedPackage,
): Promise<readonly string[]> {
  const folder = join(host, provider.source);
  const type = provider.source.split("/").at(-1) ?? "";
  const pinned = pinnedVersion(provider);
  const entries = await entriesOf(join(mirror, folder));
  const packed = entries.filter(
    (name) =>
      name.startsWith(`terraform-provider-${type}_${pinned === undefined ? "" : `${pinned}_`}`) &&
      name.endsWith(`_${platform}.zip`),
  );
  const versions = entries.filter((name) => name === (pinned ?? name) && /^\d/.test(name));
  const unpacked = await Promise.all(
    versions.map(async (version) =>
      (await entriesOf(join(mirror, folder, version))).includes(platform) ? [join(version, platform)] : [],
    ),
  );
  return [...packed, ...unpacked.flat()].map((path) => join(folder, path));
}

/** Those of the packages that a mirror lacks. */
export async function missingPackages(
  mirror: string,
  host: string,
  wanted: readonly WantedPackage[],
): Promise<readonly WantedPackage[]> {
  const paths = await Promise.all(wanted.map((one) => packagePaths(mirror, host, one)));
  return wanted.filter((_, index) => paths[index]?.length === 0);
}

/** Copies what there is of these packages from one mirror into another. */
export async function copyPackages(
  from: string,
  to: string,
  host: string,
  wanted: readonly WantedPackage[],
): Promise<void> {
  for (const one of wanted) {
    for (const path of await packagePaths(from, host, one)) {
      await mkdir(dirname(join(to, path)), { recursive: true });
      await cp(join(from, path), join(to, path), { recursive: true });
    }
  }
}

async function entriesOf(folder: string): Promise<readonly string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    if (errorCode(error) === "ENOENT" || errorCode(error) === "ENOTDIR") return [];
    throw error;
  }
}
