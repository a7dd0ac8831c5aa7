import { Token } from "cdktf";
import { ConfigurationError } from "../configuration-error";
import { checkWholeNumber } from "../private/whole-number";
import type { CacheRuleOptions } from "./edge-rules";
import { type CloudflarePlan, leastPlanThat, PLAN_LIMITS } from "./plan-limits";

/** What Cloudflare's cache keeps, and who owns its rules. */
export interface EdgeCacheProps {
  /**
   * Seconds for which the edge keeps every object, whatever its Cache-Control says; 0 keeps none. Readers may see
   * the old store for that long after a flip. The least above 0 is 7200 on Free, 3600 on Pro, 1 on Business and
   * Enterprise; at most a year.
   *
   * @default - each object's own Cache-Control or Expires decides, and an object without either is not kept
   */
  readonly edgeCacheSeconds?: number;
  /**
   * Whether this construct owns the zone's cache rules (phase `http_request_cache_settings`). Cloudflare keeps one
   * ruleset a phase and zone: set to false where the zone has its own, and add `cacheRule` and, after it, `cacheBypassRule`.
   *
   * @default - as `manageZoneRules`
   */
  readonly manageCacheRules?: boolean;
}

const YEAR_SECONDS = 31_536_000;

/**
 * What the cache rule is made from; undefined where the zone's own rules are left alone.
 *
 * @throws ConfigurationError NUMBER_OUT_OF_RANGE below the plan's minimum or above a year; VALUE_INVALID for
 * `edgeCacheSeconds` that no rule would carry
 */
export function checkEdgeCache(
  { edgeCacheSeconds, manageCacheRules, manageZoneRules = true }: EdgeCacheProps & ManagesZoneRules,
  plan: CloudflarePlan,
  path: string,
): CacheRuleOptions | undefined {
  if (edgeCacheSeconds !== undefined) {
    checkSeconds(edgeCacheSeconds, plan, `${path}/edgeCacheSeconds`);
  }
  if (manageCacheRules ?? manageZoneRules) {
    return { edgeCacheSeconds, excludeErrors: PLAN_LIMITS[plan].cacheByStatusCode };
  }
  if (edgeCacheSeconds !== undefined) {
    throw new ConfigurationError({
      code: "VALUE_INVALID",
      path: `${path}/edgeCacheSeconds`,
      what: "the cache rules are left to the zone, so that nothing would obey this",
      value: edgeCacheSeconds,
      allowed: "nothing, while manageCacheRules or manageZoneRules is false",
      fix: "leave it away and give it to cacheRule() where the zone's rules are made, or set manageCacheRules to true",
    });
  }
  return undefined;
}

interface ManagesZoneRules {
  readonly manageZoneRules?: boolean;
}

function checkSeconds(edgeCacheSeconds: number, plan: CloudflarePlan, path: string): void {
  const least = PLAN_LIMITS[plan].leastEdgeCacheSeconds;
  if (!Token.isUnresolved(edgeCacheSeconds) && edgeCacheSeconds > 0 && edgeCacheSeconds < least) {
    const sufficient = leastPlanThat((limits) => limits.leastEdgeCacheSeconds <= edgeCacheSeconds);
    throw new ConfigurationError({
      code: "NUMBER_OUT_OF_RANGE",
      path,
      what: `the ${plan} plan does not let a rule keep objects for so short a time`,
      value: edgeCacheSeconds,
      allowed: `0, or ${least} to ${YEAR_SECONDS} seconds`,
      fix: `leave it away and give the objects a Cache-Control${sufficient === undefined ? "" : `, or use the ${sufficient} plan`}`,
    });
  }
  checkWholeNumber(edgeCacheSeconds, { least: 0, most: YEAR_SECONDS, unit: "seconds" }, path);
}
