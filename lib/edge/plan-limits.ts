import { Token } from "cdktf";
import { ConfigurationError } from "../configuration-error";
import { checkWholeNumber } from "../private/whole-number";

/** Cloudflare plans; load balancing is a paid add-on on all but Enterprise. */
export const CLOUDFLARE_PLANS = ["free", "pro", "business", "enterprise"] as const;

export type CloudflarePlan = (typeof CLOUDFLARE_PLANS)[number];

export interface PlanLimits {
  /** Least seconds between two probes of a monitor. */
  readonly leastIntervalSeconds: number;
  /** Most check regions of a pool. */
  readonly mostCheckRegions: number;
  /** Whether `ALL_REGIONS` may be used. */
  readonly allRegions: boolean;
}

/**
 * Source: developers.cloudflare.com, "Load Balancing: Limitations" (intervals) and "Health monitor regions":
 * self-serve plans begin with one region and can buy up to 8 of the 13; all regions at once is Enterprise only.
 */
export const PLAN_LIMITS: Readonly<Record<CloudflarePlan, PlanLimits>> = {
  free: { leastIntervalSeconds: 60, mostCheckRegions: 8, allRegions: false },
  pro: { leastIntervalSeconds: 60, mostCheckRegions: 8, allRegions: false },
  business: { leastIntervalSeconds: 15, mostCheckRegions: 8, allRegions: false },
  enterprise: { leastIntervalSeconds: 10, mostCheckRegions: 13, allRegions: true },
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
 * @throws ConfigurationError INTERVAL_BELOW_PLAN_MINIMUM, or NUMBER_OUT_OF_RANGE above an hour
 */
export function checkInterval(intervalSeconds: number, plan: CloudflarePlan, path: string): number {
  const least = PLAN_LIMITS[plan].leastIntervalSeconds;
  if (!Token.isUnresolved(intervalSeconds) && intervalSeconds < least) {
    const sufficient = CLOUDFLARE_PLANS.find(
      (name) => PLAN_LIMITS[name].leastIntervalSeconds <= intervalSeconds,
    );
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
