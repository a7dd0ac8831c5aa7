import type { TerraformVersion } from "./terraform-version";

/** Where each product looks for providers that are named without a host. */
const REGISTRIES: Readonly<Record<TerraformVersion["product"], string>> = {
  Terraform: "registry.terraform.io",
  OpenTofu: "registry.opentofu.org",
};

export function registryOf(product: TerraformVersion["product"]): string {
  return REGISTRIES[product];
}

/**
 * Terraform's command-line configuration over a mirror. What the edge needs comes from the mirror or not at all, so
 * that a flip never waits for the registry; anything else that is not mirrored comes from there.
 *
 * @param edgeSources - as in `cloudflare/cloudflare`
 */
export function cliConfiguration(
  mirror: string,
  product: TerraformVersion["product"],
  edgeSources: readonly string[],
): string {
  const excluded = edgeSources.map((source) => JSON.stringify(`${registryOf(product)}/${source}`));
  return `# Written by storage-failover bootstrap. Use: export TF_CLI_CONFIG_FILE=<this file>
provider_installation {
  filesystem_mirror {
    path = ${JSON.stringify(mirror)}
  }
  direct {
    exclude = [${excluded.join(", ")}]
  }
}
`;
}
