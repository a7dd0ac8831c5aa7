import type { StackName } from "../../contract/stacks";
import { type Block, blockAt, listOf } from "../../lib/checks/plan-reading";
import type { PlanRuleId } from "../../lib/checks/plan-rules";
import { first, type PlanChange, put, statements } from "./changed-plan";

/** One way to break one rule, starting from a real synthesized stack. */
export interface Mutation {
  readonly rule: PlanRuleId;
  readonly stack: StackName;
  /** What was done, as in "the monitor expects no body". */
  readonly title: string;
  readonly mutate: PlanChange;
  /** Whether the same would be seen in Terraform's own plan, which shows neither backend nor lifecycle. @default true */
  readonly inTerraformPlan?: boolean;
}

const LB = "cloudflare_load_balancer";
const POOL = "cloudflare_load_balancer_pool";
const MONITOR = "cloudflare_load_balancer_monitor";
const BLOCK = "aws_s3_bucket_public_access_block";
const FIREWALL = "digitalocean_firewall";
const KEY_LIKE = ["AKIA", "EXAMPLE".repeat(3).slice(0, 16)].join("");

const addInboundRule = (rule: Block): PlanChange =>
  first(FIREWALL, ({ inbound_rule }) => ({ inbound_rule: [...listOf(inbound_rule), rule] }));

const edge: readonly Mutation[] = [
  {
    rule: "edge-only-cloudflare",
    stack: "edge",
    title: "a resource of AWS beside the load balancer",
    mutate: put(["resource", "aws_sns_topic"], { alarm: { name: "alarm" } }),
  },
  {
    rule: "edge-only-cloudflare",
    stack: "edge",
    title: "a data source that asks DigitalOcean",
    mutate: put(["data"], { digitalocean_droplet: { standby: { name: "standby" } } }),
  },
  {
    rule: "edge-only-cloudflare",
    stack: "edge",
    title: "a second provider",
    mutate: put(["provider", "aws"], [{ region: "us-east-1" }]),
  },
  {
    rule: "edge-only-cloudflare",
    stack: "edge",
    title: "a second required provider",
    inTerraformPlan: false,
    mutate: put(["terraform", "required_providers", "random"], { source: "random", version: "3.6.0" }),
  },
  {
    rule: "edge-no-remote-state",
    stack: "edge",
    title: "the primary's state is read",
    mutate: put(["data"], { terraform_remote_state: { primary: { backend: "s3" } } }),
  },
  ...(
    [
      ["without an endpoint", undefined],
      ["at an endpoint of AWS", { s3: "https://s3.eu-west-1.amazonaws.com" }],
    ] as const
  ).map(
    ([where, endpoints]): Mutation => ({
      rule: "edge-backend-outside-aws",
      stack: "edge",
      title: `the state in S3 ${where}`,
      inTerraformPlan: false,
      mutate: put(["terraform", "backend", "s3", "endpoints"], endpoints),
    }),
  ),
  {
    rule: "edge-backend-outside-aws",
    stack: "edge",
    title: "the state locked in DynamoDB",
    inTerraformPlan: false,
    mutate: put(["terraform", "backend", "s3", "dynamodb_table"], "locks"),
  },
  {
    rule: "edge-backend-outside-aws",
    stack: "edge",
    title: "a state in R2 whose account AWS is asked about",
    inTerraformPlan: false,
    mutate: put(["terraform", "backend", "s3", "skip_requesting_account_id"], undefined),
  },
  {
    rule: "load-balancer-two-pools",
    stack: "edge",
    title: "only the first pool is listed",
    mutate: first(LB, ({ default_pools }) => ({ default_pools: listOf(default_pools).slice(0, 1) })),
  },
  {
    rule: "load-balancer-two-pools",
    stack: "edge",
    title: "the same pool is listed twice",
    mutate: first(LB, ({ fallback_pool }) => ({ default_pools: [fallback_pool, fallback_pool] })),
  },
  ...[false, undefined].map(
    (proxied): Mutation => ({
      rule: "load-balancer-proxied",
      stack: "edge",
      title: `proxied is ${proxied}`,
      mutate: first(LB, { proxied: proxied }),
    }),
  ),
  {
    rule: "fallback-is-active-pool",
    stack: "edge",
    title: "the fallback pool is the standby's",
    mutate: first(LB, ({ default_pools }) => ({ fallback_pool: listOf(default_pools)[1] })),
  },
  {
    rule: "marker-names-active-pool",
    stack: "edge",
    title: "the marker names the other store",
    mutate: first("cloudflare_dns_record", { content: '"active=secondary"' }),
  },
  {
    rule: "marker-names-active-pool",
    stack: "edge",
    title: "the pools are swapped and the marker is not",
    mutate: first(LB, ({ default_pools }) => ({
      default_pools: listOf(default_pools).toReversed(),
      fallback_pool: listOf(default_pools)[1],
    })),
  },
  {
    rule: "pool-monitored",
    stack: "edge",
    title: "a pool without a monitor",
    mutate: first(POOL, { monitor: undefined }),
  },
  {
    rule: "pool-monitored",
    stack: "edge",
    title: "a pool whose monitor is another resource",
    mutate: first(POOL, ({ monitor }) => ({ monitor: String(monitor).replace("_monitor.", "_pool.") })),
  },
  {
    rule: "pool-one-origin",
    stack: "edge",
    title: "both stores in one pool",
    mutate: first(POOL, ({ origins }) => ({
      origins: [...listOf(origins), { name: "spare", address: "spare.example.com" }],
    })),
  },
  ...["expected_codes", "expected_body"].map(
    (argument): Mutation => ({
      rule: "monitor-expects-content",
      stack: "edge",
      title: `a monitor without ${argument}`,
      mutate: first(MONITOR, { [argument]: argument === "expected_codes" ? undefined : "" }),
    }),
  ),
  {
    rule: "monitor-over-tls",
    stack: "edge",
    title: "a monitor that tests a port only",
    mutate: first(MONITOR, { type: "tcp" }),
  },
  {
    rule: "monitor-over-tls",
    stack: "edge",
    title: "a monitor that takes any certificate",
    mutate: first(MONITOR, { allow_insecure: true }),
  },
];

const primary: readonly Mutation[] = [
  ...["block_public_acls", "block_public_policy", "ignore_public_acls", "restrict_public_buckets"].map(
    (argument): Mutation => ({
      rule: "bucket-public-access-blocked",
      stack: "primary",
      title: `${argument} is off`,
      mutate: first(BLOCK, { [argument]: false }),
    }),
  ),
  {
    rule: "bucket-public-access-blocked",
    stack: "primary",
    title: "the block is another bucket's",
    mutate: first(BLOCK, { bucket: "another-bucket" }),
  },
  {
    rule: "bucket-tls-only",
    stack: "primary",
    title: "the policy does not refuse plain HTTP",
    mutate: statements((all) => all.filter(({ Sid }) => Sid !== "DenyPlainHttp")),
  },
  {
    rule: "bucket-tls-only",
    stack: "primary",
    title: "plain HTTP is refused for reads only",
    mutate: statements((all) =>
      all.map((each) => (each.Sid === "DenyPlainHttp" ? { ...each, Action: "s3:GetObject" } : each)),
    ),
  },
  {
    rule: "bucket-tls-only",
    stack: "primary",
    title: "HTTPS is refused in the place of plain HTTP",
    mutate: statements((all) =>
      all.map((each) =>
        each.Sid === "DenyPlainHttp"
          ? { ...each, Condition: { Bool: { "aws:SecureTransport": "true" } } }
          : each,
      ),
    ),
  },
  ...(
    [
      ["everyone reads", { Action: "s3:GetObject", Condition: undefined }],
      [
        "everyone of one half of the internet reads",
        { Condition: { IpAddress: { "aws:SourceIp": "0.0.0.0/1" } } },
      ],
      [
        "an IPv6 range that AWS calls public",
        { Condition: { IpAddress: { "aws:SourceIp": ["2400:cb00::/29"] } } },
      ],
      ["Cloudflare lists", { Action: ["s3:GetObject", "s3:ListBucket"] }],
      ["Cloudflare does everything", { Action: "s3:*" }],
      ["every account reads", { Principal: { AWS: ["*"] }, Condition: undefined }],
      [
        "all but one read",
        { Principal: undefined, NotPrincipal: { AWS: "111111111111" }, Condition: undefined },
      ],
      [
        "a Referer alone is the limit",
        { Condition: { StringEquals: { "aws:Referer": "${var.origin_secret}" } } },
      ],
    ] as const
  ).map(
    ([title, change]): Mutation => ({
      rule: "bucket-not-public",
      stack: "primary",
      title,
      mutate: statements((all) =>
        all.map((each) => (each.Effect === "Allow" ? { ...each, ...change } : each)),
      ),
    }),
  ),
  {
    rule: "bucket-versioned",
    stack: "primary",
    title: "versioning is suspended",
    mutate: first("aws_s3_bucket_versioning", { versioning_configuration: [{ status: "Suspended" }] }),
  },
  {
    rule: "bucket-no-acl-or-website",
    stack: "primary",
    title: "a website endpoint",
    mutate: put(["resource", "aws_s3_bucket_website_configuration"], {
      site: { bucket: "example-assets-primary" },
    }),
  },
  {
    rule: "bucket-no-acl-or-website",
    stack: "primary",
    title: "an object with an ACL",
    mutate: first("aws_s3_object", { acl: "public-read" }),
  },
];

const secondary: readonly Mutation[] = [
  ...["22", "20-25", "all"].map(
    (range): Mutation => ({
      rule: "firewall-ssh-closed",
      stack: "secondary",
      title: `ports ${range} from anywhere`,
      mutate: addInboundRule({
        protocol: "tcp",
        port_range: range,
        source_addresses: ["203.0.113.7/32", "::/0"],
      }),
    }),
  ),
  ...[
    { protocol: "tcp", port_range: "9000" },
    { protocol: "udp", port_range: "443" },
    { protocol: "icmp" },
  ].map(
    (rule): Mutation => ({
      rule: "firewall-web-ports-only",
      stack: "secondary",
      title: `${rule.protocol} ${rule.port_range ?? ""} from one network`,
      mutate: addInboundRule({ ...rule, source_addresses: ["203.0.113.0/24"] }),
    }),
  ),
  {
    rule: "firewall-outbound-explicit",
    stack: "secondary",
    title: "no outbound rule",
    mutate: first(FIREWALL, { outbound_rule: undefined }),
  },
  {
    rule: "firewall-outbound-explicit",
    stack: "secondary",
    title: "every port outbound",
    mutate: first(FIREWALL, {
      outbound_rule: [{ protocol: "tcp", port_range: "1-65535", destination_addresses: ["0.0.0.0/0"] }],
    }),
  },
  {
    rule: "droplet-behind-firewall",
    stack: "secondary",
    title: "a firewall that names no droplet",
    mutate: first(FIREWALL, { droplet_ids: undefined }),
  },
  {
    rule: "droplet-behind-firewall",
    stack: "secondary",
    title: "no firewall",
    mutate: put(["resource", FIREWALL], undefined),
  },
  {
    rule: "origin-record-not-proxied",
    stack: "secondary",
    title: "the origin's record is proxied",
    mutate: first("cloudflare_dns_record", { proxied: true }),
  },
];

const everywhere: readonly Mutation[] = [
  ...(
    [
      ["primary", "aws_s3_bucket"],
      ["secondary", "digitalocean_volume"],
      ["edge", LB],
    ] as const
  ).map(
    ([stack, type]): Mutation => ({
      rule: "protected-from-destroy",
      stack,
      title: `${type} may be destroyed`,
      inTerraformPlan: false,
      mutate: first(type, { lifecycle: { prevent_destroy: false } }),
    }),
  ),
  {
    rule: "no-literal-secrets",
    stack: "secondary",
    title: "something like a key in the droplet's first script",
    mutate: first("digitalocean_droplet", ({ user_data }) => ({
      user_data: `${String(user_data)}\nexport KEY=${KEY_LIKE}`,
    })),
  },
  {
    rule: "no-literal-secrets",
    stack: "primary",
    title: "a token for a provider",
    mutate: put(["provider", "aws"], [{ region: "eu-central-1", token: "hunter2" }]),
  },
  {
    rule: "no-literal-secrets",
    stack: "edge",
    title: "a key pair for the state",
    inTerraformPlan: false,
    mutate: put(["terraform", "backend", "s3", "secret_key"], "hunter2"),
  },
  {
    rule: "no-literal-secrets",
    stack: "edge",
    title: "the origin secret in a monitor's header",
    mutate: first(MONITOR, { header: { Referer: ["hunter2"] } }),
  },
  {
    rule: "no-literal-secrets",
    stack: "edge",
    title: "the origin secret in a zone rule",
    mutate: first("cloudflare_ruleset", {
      rules: [{ action_parameters: { headers: { Referer: { operation: "set", value: "hunter2" } } } }],
    }),
  },
  {
    rule: "no-literal-secrets",
    stack: "primary",
    title: "the origin secret in the bucket policy",
    mutate: statements((all) =>
      all.map((each) =>
        each.Effect === "Allow"
          ? {
              ...each,
              Condition: { ...blockAt(each, "Condition"), StringEquals: { "aws:Referer": ["hunter2"] } },
            }
          : each,
      ),
    ),
  },
  {
    rule: "no-literal-secrets",
    stack: "replication",
    title: "a password in the function's environment",
    mutate: first("aws_lambda_function", { environment: { variables: { STANDBY_PASSWORD: "hunter2" } } }),
  },
  {
    rule: "no-literal-secrets",
    stack: "edge",
    title: "a sensitive variable with a default",
    mutate: put(["variable"], { origin_secret: { type: "string", sensitive: true, default: "hunter2" } }),
  },
];

/** Every rule but those of the flip, broken in the ways in which people break them. */
export const MUTATIONS: readonly Mutation[] = [...edge, ...primary, ...secondary, ...everywhere];
