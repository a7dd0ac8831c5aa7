import { ConfigurationError } from "../configuration-error";
import { checkOneOf } from "../private/one-of";
import { checkKinds, type PropKinds } from "../private/prop-kinds";
import type { PlanException } from "./check-plan";
import { PLAN_RULE_IDS } from "./plan-rules";

const PLAN_EXCEPTION_KINDS: PropKinds<PlanException> = { rule: "text", address: "text?", reason: "text" };

/**
 * An exception of a rule that does not exist would count for nothing, and so would one without a reason.
 *
 * @param path of the list; the position is added
 * @throws ConfigurationError VALUE_INVALID
 */
export function checkPlanExceptions(exceptions: readonly PlanException[], path: string): void {
  for (const [position, exception] of exceptions.entries()) {
    const place = `${path}/${position}`;
    checkKinds(exception, PLAN_EXCEPTION_KINDS, place);
    checkOneOf(exception.rule, PLAN_RULE_IDS, `${place}/rule`, {
      what: "there is no such rule of a plan",
      fix: "take the rule from the message that you want to except",
    });
    if (exception.reason.trim() === "") {
      throw new ConfigurationError({
        code: "VALUE_INVALID",
        path: `${place}/reason`,
        what: "the exception has no reason",
        value: exception.reason,
        allowed: "a sentence for those who read it later",
        fix: "say why the rule may be broken there",
      });
    }
  }
}
