import { readFileSync, writeFileSync } from "node:fs";

type Block = Record<string, unknown>;

/** Resources take their own `region` since this major version of the AWS provider; before, they are in the provider's. */
const AWS_MAJOR_WITH_REGIONS = 6;

/**
 * Rewrites a synthesized stack for the providers that are at hand, and for a state beside it. All else stays.
 *
 * @returns the providers that the stack requires and that are not there
 */
export function fitProviders(file: string, versions: ReadonlyMap<string, string>): readonly string[] {
  const aws = versions.get("hashicorp/aws");
  const olderAws = aws !== undefined && Number.parseInt(aws, 10) < AWS_MAJOR_WITH_REGIONS;
  const stack = olderAws ? withoutRegions(readStack(file)) : readStack(file);
  const terraform = blockOf(stack.terraform);
  const required = Object.values(blockOf(terraform.required_providers)).map(blockOf);
  const missing: string[] = [];
  for (const provider of required) {
    const version = versions.get(withNamespace(String(provider.source)));
    if (version === undefined) missing.push(String(provider.source));
    else provider.version = version;
  }
  terraform.backend = { local: { path: "terraform.tfstate" } };
  writeFileSync(file, JSON.stringify(stack, null, 2));
  return missing;
}

/** A provider without a namespace is HashiCorp's. */
function withNamespace(source: string): string {
  return source.includes("/") ? source : `hashicorp/${source}`;
}

function readStack(file: string): Block {
  return JSON.parse(readFileSync(file, "utf8"));
}

/** The stack with its provider's region for those of its resources; as arguments they are taken out. */
function withoutRegions(stack: Block): Block {
  const [provider] = [blockOf(stack.provider).aws].flat();
  const region = String(blockOf(provider).region);
  const text = JSON.stringify(stack).replaceAll(/\$\{aws_\w+\.[\w-]+\.region\}/g, region);
  const changed: Block = JSON.parse(text);
  for (const [type, named] of Object.entries(blockOf(changed.resource))) {
    for (const resource of Object.values(blockOf(named))) {
      if (type.startsWith("aws_")) delete blockOf(resource).region;
    }
  }
  return changed;
}

function blockOf(value: unknown): Block {
  return typeof value === "object" && value !== null ? (value as Block) : {};
}
