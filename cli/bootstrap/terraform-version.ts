import type { Problem } from "./problem";

/** The first with a lock file in the state's bucket, which every backend here asks for. */
export const LEAST_VERSION = "1.10.0";

export interface TerraformVersion {
  readonly product: "Terraform" | "OpenTofu";
  readonly version: string;
  /** As in `linux_amd64`. */
  readonly platform: string;
}

/** Reads what `terraform version` prints; undefined for anything else. */
export function parseVersion(text: string): TerraformVersion | undefined {
  const said = /^(Terraform|OpenTofu) v(\d+\.\d+\.\d+\S*)/m.exec(text);
  const platform = /^on (\w+)$/m.exec(text)?.[1];
  if (said === null || platform === undefined) return undefined;
  const product = said[1] === "OpenTofu" ? "OpenTofu" : "Terraform";
  return { product, version: said[2] ?? "", platform };
}

export function versionProblem({ product, version }: TerraformVersion): Problem | undefined {
  if (atLeast(version, LEAST_VERSION)) return undefined;
  return {
    reason: `${product} is ${version}; the state's lock file needs ${LEAST_VERSION}`,
    remedy: `install ${product} ${LEAST_VERSION} or newer, or name another program in TERRAFORM_BINARY_NAME`,
  };
}

/** By its first three numbers; one that a version does not have counts as 0. */
export function atLeast(version: string, least: string): boolean {
  const [left, right] = [version, least].map((text) => text.split(/[.-]/).slice(0, 3).map(Number));
  for (const [index, wanted] of (right ?? []).entries()) {
    const found = left?.[index] ?? 0;
    if (found !== wanted) return found > wanted;
  }
  return true;
}
