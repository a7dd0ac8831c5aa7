import { Aspects, type IAspect, TerraformProvider, TerraformStack, Token } from "cdktf";
import type { IConstruct } from "constructs";
import { ConfigurationError, type ConfigurationProblem } from "./configuration-error";
import { checkKinds } from "./private/prop-kinds";
import { PROVIDER_VERSIONS_KINDS } from "./storage-failover-kinds";

/** Versions of providers other than those that the bindings were made from, as Terraform's version constraints. */
export interface ProviderVersions {
  /**
   * Of `hashicorp/aws`, as in `~> 6.30`.
   *
   * @default - exactly the one that `@cdktf/provider-aws` was made from
   */
  readonly aws?: string;
  /**
   * Of `cloudflare/cloudflare`, as in `~> 5.20`.
   *
   * @default - exactly the one that `@cdktf/provider-cloudflare` was made from
   */
  readonly cloudflare?: string;
  /**
   * Of `digitalocean/digitalocean`, as in `>= 2.71.0, < 3.0.0`.
   *
   * @default - exactly the one that `@cdktf/provider-digitalocean` was made from
   */
  readonly digitalocean?: string;
}

type ProviderName = keyof ProviderVersions;

/** Major versions that the bindings were made from: an older one has other arguments, and would refuse the plan. */
export const BINDINGS_MAJOR_VERSIONS: Readonly<Record<ProviderName, number>> = {
  aws: 6,
  cloudflare: 5,
  digitalocean: 2,
};

/**
 * Lets a stack use other versions of its providers. What it does not require stays that way: the edge must never come to
 * need another cloud's provider.
 *
 * @param path - of the prop, for messages
 * @throws ConfigurationError VALUE_INVALID
 */
export function applyProviderVersions(stack: TerraformStack, versions: ProviderVersions, path: string): void {
  checkKinds(versions, PROVIDER_VERSIONS_KINDS, path);
  const constraints = new Map<string, string>();
  for (const name of providerNames()) {
    const constraint = versions[name];
    if (constraint === undefined) continue;
    checkConstraint(name, constraint, `${path}/${name}`);
    constraints.set(name, constraint);
  }
  if (constraints.size > 0) Aspects.of(stack).add(new RequiredVersions(constraints));
}

/** At synth, when every provider of the stack is there. */
class RequiredVersions implements IAspect {
  public constructor(private readonly constraints: ReadonlyMap<string, string>) {}

  public visit(node: IConstruct): void {
    if (!TerraformProvider.isTerraformProvider(node)) return;
    const name = node.terraformResourceType;
    const constraint = this.constraints.get(name);
    if (constraint !== undefined) {
      TerraformStack.of(node).addOverride(`terraform.required_providers.${name}.version`, constraint);
    }
  }
}

function providerNames(): readonly ProviderName[] {
  return Object.keys(BINDINGS_MAJOR_VERSIONS) as ProviderName[];
}

/** As Terraform 1.11 reads it, which takes one space after the operator and no more. */
const CONDITION =
  /^(=|!=|>=|<=|>|<|~>)? ?(\d{1,9})(?:\.\d{1,9}){0,2}(?:-[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*)?(?:\+[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*)?$/;

/** Conditions that no older version meets. */
const LOWER_BOUNDS = ["=", ">=", ">", "~>"];

function checkConstraint(name: ProviderName, constraint: string, path: string): void {
  const least = BINDINGS_MAJOR_VERSIONS[name];
  const refuse = (what: string, fix: string): never => {
    const problem: Omit<ConfigurationProblem, "code"> = {
      path,
      what,
      value: Token.isUnresolved(constraint) ? "(reference)" : constraint,
      allowed: `conditions such as "~> ${least}.1" or ">= ${least}.1.0, < ${least + 1}.0.0", parted by commas`,
      fix,
    };
    throw new ConfigurationError({ code: "VALUE_INVALID", ...problem });
  };
  if (Token.isUnresolved(constraint)) {
    refuse("Terraform reads a provider's version before it knows any value", "write the version itself");
  }
  const conditions = constraint.split(",").map((part) => CONDITION.exec(part.trim()));
  if (conditions.includes(null)) {
    refuse(
      "this is no version constraint of Terraform",
      `use "~> ${least}.1" with the version that you need`,
    );
  }
  const majors = conditions.flatMap((condition) => {
    const [, operator = "=", major = ""] = condition ?? [];
    return LOWER_BOUNDS.includes(operator) ? [Number(major)] : [];
  });
  if (majors.length === 0 || Math.max(...majors) < least) {
    refuse(
      `older majors than ${least} are allowed, whose arguments are others than those of the bindings`,
      `add a condition such as ">= ${least}.0.0"`,
    );
  }
}
