import { member, type PlanObject, textAt } from "../../operate/runbook/plan-walk";

export interface RequiredProvider {
  /** As in `cloudflare/cloudflare`: namespace and type, without the registry's host. */
  readonly source: string;
  /** As written: an exact version, or a constraint. */
  readonly version?: string;
}

const DEFAULT_NAMESPACE = "hashicorp";

/** What a stack takes from the registry. What Terraform brings itself is not among it. */
export function requiredProviders(stack: PlanObject): readonly RequiredProvider[] {
  const required = member(stack, "terraform", "required_providers");
  return Object.entries(required)
    .map(([name, wanted]) => ({
      source: fullSource(textAt(wanted, "source") ?? name),
      version: textAt(wanted, "version"),
    }))
    .filter(({ source }) => !source.startsWith("builtin/"));
}

/** `aws` and `registry.example.com/hashicorp/aws` both are `hashicorp/aws`: a mirror's folders are found by it. */
function fullSource(source: string): string {
  const parts = source.split("/");
  return parts.length === 1 ? `${DEFAULT_NAMESPACE}/${source}` : parts.slice(-2).join("/");
}

/** The version that a provider is pinned to, as bindings pin it; undefined for a range. */
export function pinnedVersion({ version }: RequiredProvider): string | undefined {
  return version !== undefined && /^\d+\.\d+\.\d+\S*$/.test(version) ? version : undefined;
}
