import { Token } from "cdktf";
import { ConfigurationError } from "../configuration-error";
import { checkWholeNumber } from "../private/whole-number";

/** Cloudflare plans; load balancing is a paid add-on on each. */
export const CLOUDFLARE_PLANS = ["free", "pro", "business", "enterprise"] as const;

/** The name of a plan. */
export type CloudflarePlan = (typeof CLOUDFLARE_PLANS)[number];

/** What a plan allows. */
export interface PlanLimits {
  /** Least seconds between two probes of a monitor. */
  readonly leastIntervalSeconds: number;
  /** Most check regions of a pool. */
  readonly mostCheckRegions: number;
  /** Whether `ALL_REGIONS` may be used. */
  readonly allRegions: boolean;
  /** Most pools of the account, two of which each load balancer takes; undefined where the contract says. */
  readonly mostPools?: number;
  /** Least seconds that a cache rule may make the edge keep an object. */
  readonly leastEdgeCacheSeconds: number;
  /** Whether a cache rule may tell errors from other answers. */
  readonly cacheByStatusCode: boolean;
  /** Whether notifications may be sent to webhooks; the best zone of the account counts. */
  readonly webhooks: boolean;
  /** Whether notifications may be sent to PagerDuty; the best zone of the account counts. */
  readonly pagerduty: boolean;
}

/**
 * Source: developers.cloudflare.com, "Load Balancing: Limitations" (intervals, pools), "Health monitor regions"
 * (self-serve plans begin with one region and can buy up to 8 of the 13; all regions at once is Enterprise only),
 * "Edge and Browser Cache TTL", "Cache by status code", "Configure webhooks", "Configure PagerDuty".
 */
export const PLAN_LIMITS: Readonly<Record<CloudflarePlan, PlanLimits>> = {
  free: {
    leastIntervalSeconds: 60,
    mostCheckRegions: 8,
    allRegions: false,
    mostPools: 20,
    leastEdgeCacheSeconds: 7200,
    cacheByStatusCode: false,
    webhooks: false,
    pagerduty: false,
  },
  pro: {
    leastIntervalSeconds: 60,
    mostCheckRegions: 8,
    allRegions: false,
    mostPools: 20,
    leastEdgeCacheSeconds: 3600,
    cacheByStatusCode: false,
    webhooks: true,
    pagerduty: false,
  },
  business: {
    leastIntervalSeconds: 15,
    mostCheckRegions: 8,
    allRegions: false,
    mostPools: 20,
    leastEdgeCacheSeconds: 1,
    cacheByStatusCode: false,
    webhooks: true,
    pagerduty: true,
  },
  enterprise: {
    leastIntervalSeconds: 10,
    mostCheckRegions: 13,
    allRegions: true,
    leastEdgeCacheSeconds: 1,
    cacheByStatusCode: true,
    webhooks: true,
    pagerduty: true,
  },
};

/** Most seconds between two probes, on every plan. */
const MOST_INTERVAL_SECONDS = 3600;

/**
 * @throws ConfigurationError VALUE_INVALID for a plan that Cloudflare does not sell
 */
export function checkPlan(plan: string, path: string): CloudflarePlan {
  const known = CLOUDFLARE_PLANS.find((name) => name === plan);
  if (known === undefined) {
    throw new ConfigurationError({
      code: "VALUE_INVALID",
      path,
      what: "this is no Cloudflare plan",
      value: plan,
      allowed: CLOUDFLARE_PLANS.join(", "),
      fix: "name the plan of the zone",
    });
  }
  return known;
}

/**
 * The best plan of the account's zones, which is at least this zone's.
 *
 * @throws ConfigurationError VALUE_INVALID
 */
export function checkAccountPlan(
  accountPlan: string | undefined,
  plan: CloudflarePlan,
  path: string,
): CloudflarePlan {
  const best = checkPlan(accountPlan ?? plan, path);
  const notBelow = CLOUDFLARE_PLANS.slice(CLOUDFLARE_PLANS.indexOf(plan));
  if (!notBelow.includes(best)) {
    throw new ConfigurationError({
      code: "VALUE_INVALID",
      path,
      what: `the account's best zone is said to be on a lesser plan than this zone, which is on the ${plan} plan`,
      value: best,
      allowed: notBelow.join(", "),
      fix: "leave it away where no other zone of the account is on a better plan",
    });
  }
  return best;
}

/** The lesser plans first: the first that offers what is wanted; undefined when none does. */
export function leastPlanThat(offers: (limits: PlanLimits) => boolean): CloudflarePlan | undefined {
  return CLOUDFLARE_PLANS.find((plan) => offers(PLAN_LIMITS[plan]));
}

/**
 * @throws ConfigurationError INTERVAL_BELOW_PLAN_MINIMUM, or NUMBER_OUT_OF_RANGE above an hour
 */
export function checkInterval(intervalSeconds: number, plan: CloudflarePlan, path: string): number {
  const least = PLAN_LIMITS[plan].leastIntervalSeconds;
  if (!Token.isUnresolved(intervalSeconds) && intervalSeconds < least) {
    const sufficient = leastPlanThat((limits) => limits.leastIntervalSeconds <= intervalSeconds);
    throw new ConfigurationError({
      code: "INTERVAL_BELOW_PLAN_MINIMUM",
      path,
      what: `the ${plan} plan does not probe that often`,
      value: intervalSeconds,
      allowed: `${least} to ${MOST_INTERVAL_SECONDS} seconds`,
      fix: `use ${least}${sufficient === undefined ? "" : `, or the ${sufficient} plan`}`,
    });
  }
  return checkWholeNumber(intervalSeconds, { least, most: MOST_INTERVAL_SECONDS, unit: "seconds" }, path);
}
