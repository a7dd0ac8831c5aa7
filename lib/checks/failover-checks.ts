import { TerraformStack } from "cdktf";
import type { IConstruct } from "constructs";
import { ConfigurationError } from "../configuration-error";
import { checkPlanExceptions } from "./check-exceptions";
import { checkPlan, type PlanException } from "./check-plan";
import { isBlock } from "./plan-reading";
import { violationText } from "./violation";

/** What may be broken, and why. */
export interface FailoverChecksOptions {
  /**
   * Rules that may be broken, each with its reason.
   *
   * @default - none
   */
  readonly exceptions?: readonly PlanException[];
}

/**
 * Holds every stack in `scope` against the rules of `PLAN_RULES` when the app is synthesized: the same answers as the
 * Rego rules in `policy/` give in a pipeline. A broken rule ends the synthesis with what, where, why and what to change.
 *
 * Call it after the stacks were created; what is added to them later is checked too. It adds nothing to the output.
 *
 * @param scope a stack, or a construct or app that holds some
 * @throws ConfigurationError VALUE_INVALID for an exception without reason or rule, and where there is no stack, so that nothing
 * would ever be checked
 */
export function addFailoverChecks(scope: IConstruct, options: FailoverChecksOptions = {}): void {
  checkPlanExceptions(options.exceptions ?? [], `${scope.node.path || "app"}/checkExceptions`);
  const stacks = scope.node.findAll().filter((node) => TerraformStack.isStack(node));
  if (stacks.length === 0) {
    throw new ConfigurationError({
      code: "VALUE_INVALID",
      path: scope.node.path || "app",
      what: "there is no stack to check",
      value: scope.node.id,
      allowed: "a stack, or a construct that holds stacks already",
      fix: "call it after the stacks were created",
    });
  }
  for (const stack of stacks) {
    stack.node.addValidation({ validate: () => brokenRules(stack, options.exceptions) });
  }
}

function brokenRules(stack: TerraformStack, exceptions?: readonly PlanException[]): string[] {
  const plan: unknown = stack.toTerraform();
  return checkPlan(isBlock(plan) ? plan : {}, exceptions).map(violationText);
}
