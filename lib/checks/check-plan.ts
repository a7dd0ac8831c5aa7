import { bucketViolations } from "./buckets";
import { dropletViolations } from "./droplets";
import { edgeIsolationViolations } from "./edge-isolation";
import { literalSecretViolations } from "./literal-secrets";
import type { Block } from "./plan-reading";
import type { PlanRuleId } from "./plan-rules";
import { protectionViolations } from "./protection";
import { trafficViolations } from "./traffic";
import type { Violation } from "./violation";

/** A rule that may be broken in one place, or anywhere, for a reason that is written down. */
export interface PlanException {
  /** The rule that may be broken. */
  readonly rule: PlanRuleId;
  /**
   * The one address that is excepted.
   *
   * @default - every address
   */
  readonly address?: string;
  /** Why, for those who read it later; never empty. */
  readonly reason: string;
}

/**
 * Holds a stack's synthesized JSON against every rule but those of the flip, which need two plans. What is only known
 * after deployment is not judged: `policy/` has the same rules for Terraform's own plan.
 */
export function checkPlan(plan: Block, exceptions: readonly PlanException[] = []): readonly Violation[] {
  return [
    ...edgeIsolationViolations(plan),
    ...trafficViolations(plan),
    ...bucketViolations(plan),
    ...dropletViolations(plan),
    ...protectionViolations(plan),
    ...literalSecretViolations(plan),
  ].filter((violation) => !exceptions.some((exception) => excepts(exception, violation)));
}

function excepts({ rule, address, reason }: PlanException, violation: Violation): boolean {
  return (
    rule === violation.rule &&
    (address === undefined || address === violation.address) &&
    reason.trim() !== ""
  );
}
