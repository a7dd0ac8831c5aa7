/** What a rule demands of a plan, in words for people. */
export interface PlanRule {
  /** What is wrong where the rule is broken, in lower case. */
  readonly broken: string;
  /** What it would lead to. */
  readonly why: string;
  /** What to change. */
  readonly fix: string;
}

/**
 * Every rule that a plan of this system must keep. The checks at synth and the Rego rules in `policy/` share these ids:
 * `policy/rules.rego` and the table in `docs/policy.md` are written from here (`npm run docs`).
 */
export const PLAN_RULES = {
  "edge-only-cloudflare": {
    broken: "the edge needs another provider than Cloudflare's",
    why: "while that provider's cloud is down, nobody could flip",
    fix: "move it to another stack, and give the edge plain strings",
  },
  "edge-no-remote-state": {
    broken: "the edge reads another stack's state",
    why: "while that state cannot be read, nobody could flip",
    fix: "pass a plain string that is known at synth, not a reference to the other stack",
  },
  "edge-backend-outside-aws": {
    broken: "reading the edge's state takes an answer from AWS",
    why: "the flip is wanted most while AWS does not answer",
    fix: "keep it in R2 (StateBackend.r2), or in an S3-compatible store with AWS's own checks skipped",
  },
  "load-balancer-two-pools": {
    broken: "the load balancer does not list two pools of this plan in default_pools",
    why: "readers fail over to listed pools only; the fallback pool's health is ignored",
    fix: "list the active store's pool, then the standby's",
  },
  "load-balancer-proxied": {
    broken: "the load balancer is not proxied",
    why: "readers would learn the origins' addresses and keep them in DNS caches through an outage",
    fix: "set proxied to true",
  },
  "fallback-is-active-pool": {
    broken: "the fallback pool is not the first of default_pools",
    why: "with no healthy pool, readers must see the store that holds every acknowledged write",
    fix: "set fallback_pool to the active store's pool",
  },
  "marker-names-active-pool": {
    broken: "the marker names another store than the first pool",
    why: "writers and replication would take the standby for the active store",
    fix: "derive both from activeProvider",
  },
  "pool-monitored": {
    broken: "the pool has no monitor of this plan",
    why: "its health is never known, and readers are never moved away",
    fix: "give each pool a monitor",
  },
  "pool-one-origin": {
    broken: "the pool does not have exactly one origin",
    why: "Cloudflare sorts a pool's origins, so that every plan shows a difference; and the order of stores is the pools' order",
    fix: "one pool a store, one origin a pool",
  },
  "monitor-expects-content": {
    broken: "the monitor does not say which status and which body it expects",
    why: "an error page, a login page or an empty bucket would count as healthy",
    fix: "set expected_codes and expected_body to those of the health object",
  },
  "monitor-over-tls": {
    broken: "the monitor does not probe over verified TLS",
    why: "it would call a store healthy that readers cannot reach",
    fix: 'set type to "https" and leave allow_insecure off',
  },
  "bucket-public-access-blocked": {
    broken: "the bucket's public access is not blocked in all four ways",
    why: "one wrong policy or ACL later would publish the bucket",
    fix: "add an aws_s3_bucket_public_access_block with all four set to true",
  },
  "bucket-tls-only": {
    broken: "no policy of the bucket refuses plain HTTP",
    why: "objects and the origin secret could travel unencrypted",
    fix: "deny s3:* to everyone where aws:SecureTransport is false",
  },
  "bucket-not-public": {
    broken: "the bucket policy lets anyone in without a limit that counts",
    why: "anyone could read around the edge, list or write",
    fix: "allow s3:GetObject only, and only from Cloudflare's ranges or to CloudFront's service principal",
  },
  "bucket-versioned": {
    broken: "the bucket keeps no versions",
    why: "nothing that replication does could be undone, and no deletion could be proven",
    fix: "enable versioning",
  },
  "bucket-no-acl-or-website": {
    broken: "an ACL or a website endpoint is put on a bucket",
    why: "ACLs are off on new buckets, and the website endpoint has no TLS",
    fix: "remove it; the edge serves the index document, the bucket policy decides who reads",
  },
  "protected-from-destroy": {
    broken: "Terraform may destroy, or is about to destroy, what holds the objects or serves the readers",
    why: "a renamed construct or a wrong target would take it away",
    fix: "set prevent_destroy (protectFromDestroy), and do not apply a plan that replaces it",
  },
  "firewall-ssh-closed": {
    broken: "SSH is open to the whole internet",
    why: "the droplet holds root's keys to the standby",
    fix: "name the administrators' networks in adminCidrs",
  },
  "firewall-web-ports-only": {
    broken: "the firewall lets in more than HTTP, HTTPS and SSH",
    why: "the object store's own port must be reached through the proxy only",
    fix: "leave TCP 80, 443 and, from named networks, 22",
  },
  "firewall-outbound-explicit": {
    broken: "outbound traffic is not limited to named ports",
    why: "none at all blocks updates and certificates; all of them lets a break-in call home",
    fix: "one rule a port that the droplet needs",
  },
  "droplet-behind-firewall": {
    broken: "no firewall of this plan covers the droplet",
    why: "every port that some program opens would be reachable",
    fix: "name the droplet in a firewall's droplet_ids",
  },
  "origin-record-not-proxied": {
    broken: "the origin's own record goes through Cloudflare's proxy",
    why: "the proxy breaks signed requests, and Cloudflare refuses such a name as an origin",
    fix: "set proxied to false",
  },
  "no-literal-secrets": {
    broken: "a secret stands in the plan as text",
    why: "synthesized plans are committed, compared and logged",
    fix: "refer to a sensitive variable without a default, or to a secret's name",
  },
  "flip-in-place": {
    broken: "the flip creates, removes or replaces something",
    why: "a flip must be undone by flipping back, and may not depend on what a provider can create at that moment",
    fix: "apply other changes before or after, in a plan of their own",
  },
  "flip-order-and-marker-only": {
    broken: "the flip changes more than the order of the pools, the marker and what names the active store",
    why: "what comes along unseen with a flip is deployed in the worst moment",
    fix: "apply other changes before or after, in a plan of their own",
  },
} as const satisfies Readonly<Record<string, PlanRule>>;

/** By which a rule is known. */
export type PlanRuleId = keyof typeof PLAN_RULES;

export const PLAN_RULE_IDS: readonly PlanRuleId[] = Object.keys(PLAN_RULES) as PlanRuleId[];
