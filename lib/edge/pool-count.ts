import type { Construct } from "constructs";
import { ConfigurationError } from "../configuration-error";
import { type CloudflarePlan, PLAN_LIMITS } from "./plan-limits";
import { StorePool } from "./store-pool";

/**
 * An account below Enterprise has room for a number of pools; a load balancer takes two. Only the pools of this app
 * are known here.
 *
 * @param plan the best plan of the account
 * @throws ConfigurationError NUMBER_OUT_OF_RANGE
 */
export function checkPoolCount(scope: Construct, accountId: string, plan: CloudflarePlan): void {
  const most = PLAN_LIMITS[plan].mostPools;
  if (most === undefined) {
    return;
  }
  const pools = scope.node.root.node
    .findAll()
    .filter((construct) => construct instanceof StorePool && construct.accountId === accountId).length;
  if (pools > most) {
    throw new ConfigurationError({
      code: "NUMBER_OUT_OF_RANGE",
      path: scope.node.path,
      what: `an account on the ${plan} plan does not hold that many pools, and each load balancer takes two`,
      value: pools,
      allowed: `at most ${most} pools in the account ${accountId}`,
      fix: "use another account, or say in accountPlan that one of its zones is on the enterprise plan",
    });
  }
}
