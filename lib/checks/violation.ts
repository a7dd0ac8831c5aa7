import { PLAN_RULES, type PlanRuleId } from "./plan-rules";

/** A rule that a plan breaks, and where. */
export interface Violation {
  readonly rule: PlanRuleId;
  /** Address in the plan, as in `aws_s3_bucket.store_bucket_6D52E199` or `terraform.backend.s3`. */
  readonly address: string;
}

/** One line: what, where, why, and what to change. */
export function violationText({ rule, address }: Violation): string {
  const { broken, why, fix } = PLAN_RULES[rule];
  return `[${rule}] at ${address}: ${broken}; ${why}; ${fix}`;
}
