import type { StackName } from "../../contract/stacks";
import type { PlanRuleId } from "../../lib/checks/plan-rules";
import { first, type PlanChange, put } from "./changed-plan";

/** Something that came along with a flip and must not. */
export interface FlipMutation {
  readonly rule: PlanRuleId & `flip-${string}`;
  readonly stack: StackName;
  readonly title: string;
  /** Changes what the flip leads to. */
  readonly mutate: PlanChange;
}

export const FLIP_MUTATIONS: readonly FlipMutation[] = [
  {
    rule: "flip-in-place",
    stack: "edge",
    title: "a zone rule is removed",
    mutate: put(["resource", "cloudflare_ruleset"], undefined),
  },
  {
    rule: "flip-in-place",
    stack: "edge",
    title: "another record is created",
    mutate: put(["resource", "cloudflare_dns_record", "extra"], { type: "TXT", content: '"x"' }),
  },
  {
    rule: "flip-in-place",
    stack: "primary",
    title: "a bucket is created in another stack",
    mutate: put(["resource", "aws_s3_bucket", "extra"], { bucket: "extra" }),
  },
  {
    rule: "flip-order-and-marker-only",
    stack: "edge",
    title: "the load balancer's steering changes too",
    mutate: first("cloudflare_load_balancer", { steering_policy: "random" }),
  },
  {
    rule: "flip-order-and-marker-only",
    stack: "edge",
    title: "the marker's TTL changes too",
    mutate: first("cloudflare_dns_record", { ttl: 300 }),
  },
  {
    rule: "flip-order-and-marker-only",
    stack: "edge",
    title: "a monitor changes too",
    mutate: first("cloudflare_load_balancer_monitor", { interval: 120 }),
  },
  {
    rule: "flip-order-and-marker-only",
    stack: "replication",
    title: "the replicator's code changes too",
    mutate: first("aws_lambda_function", { source_code_hash: "another" }),
  },
];
