import { type Block, blockAt, isBlock, isText, resourcesOf, resourcesOfType } from "./plan-reading";
import type { Violation } from "./violation";

/** Whether the stack holds the load balancer, and so must work while every other cloud is down. */
export function isEdge(plan: Block): boolean {
  return resourcesOfType(plan, "cloudflare_load_balancer").length > 0;
}

/** What the edge would need besides Cloudflare. */
export function edgeIsolationViolations(plan: Block): readonly Violation[] {
  if (!isEdge(plan)) {
    return [];
  }
  return [
    ...foreignAddresses(plan).map((address) => ({ rule: "edge-only-cloudflare", address }) as const),
    ...Object.keys(blockAt(plan, "data", "terraform_remote_state")).map(
      (name) => ({ rule: "edge-no-remote-state", address: `data.terraform_remote_state.${name}` }) as const,
    ),
    ...(backendNeedsAws(plan)
      ? ([{ rule: "edge-backend-outside-aws", address: "terraform.backend.s3" }] as const)
      : []),
  ];
}

function foreignAddresses(plan: Block): readonly string[] {
  const dataSources = Object.entries(blockAt(plan, "data")).flatMap(([type, named]) =>
    Object.keys(isBlock(named) ? named : {}).map((name) => ({ type, address: `data.${type}.${name}` })),
  );
  const providers = [
    ...Object.keys(blockAt(plan, "terraform", "required_providers")),
    ...Object.keys(blockAt(plan, "provider")),
  ].map((name) => ({ type: name, address: `provider.${name}` }));
  return [...providers, ...resourcesOf(plan), ...dataSources]
    .filter(({ type }) => !NEEDED_ANYWAY.has(type.split("_")[0] ?? ""))
    .map(({ address }) => address);
}

/** Cloudflare, and what is built into Terraform. */
const NEEDED_ANYWAY: ReadonlySet<string> = new Set(["cloudflare", "terraform"]);

const AWS_CHECKS = [
  "skip_credentials_validation",
  "skip_metadata_api_check",
  "skip_region_validation",
  "skip_requesting_account_id",
];

/** Terraform's S3 backend speaks to AWS unless it has another endpoint and is told to skip each of AWS's checks. */
function backendNeedsAws(plan: Block): boolean {
  const backends = blockAt(plan, "terraform", "backend");
  if (!isBlock(backends.s3)) {
    return false;
  }
  const backend = backends.s3;
  const address = [backend.endpoint, blockAt(backend, "endpoints").s3].find(isText);
  return (
    address === undefined ||
    /^(https?:\/\/)?([^/]*\.)?(amazonaws\.com(\.cn)?|api\.aws)(:\d+)?(\/|$)/.test(address) ||
    isText(backend.dynamodb_table) ||
    AWS_CHECKS.some((check) => backend[check] !== true)
  );
}
