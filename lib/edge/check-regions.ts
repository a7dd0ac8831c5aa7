import { ConfigurationError } from "../configuration-error";
import { CLOUDFLARE_PLANS, type CloudflarePlan, PLAN_LIMITS } from "./plan-limits";

/**
 * Regions that Cloudflare probes from, three data centres in each; the list is the provider's own (5.14.0).
 * A pool without any would be probed from every data centre, which is Enterprise only.
 */
export const CHECK_REGIONS = {
  WNAM: "Western North America",
  ENAM: "Eastern North America",
  WEU: "Western Europe",
  EEU: "Eastern Europe",
  NSAM: "Northern South America",
  SSAM: "Southern South America",
  OC: "Oceania",
  ME: "Middle East",
  NAF: "Northern Africa",
  SAF: "Southern Africa",
  SAS: "Southern Asia",
  SEAS: "South East Asia",
  NEAS: "North East Asia",
  ALL_REGIONS: "all regions (Enterprise only)",
} as const;

/** One of Cloudflare's codes for a region that it probes from. */
export type CheckRegion = keyof typeof CHECK_REGIONS;

/** The one region that every plan with load balancing includes. */
export const DEFAULT_CHECK_REGIONS: readonly CheckRegion[] = ["WEU"];

function isCheckRegion(value: string): value is CheckRegion {
  return Object.hasOwn(CHECK_REGIONS, value);
}

/**
 * @throws ConfigurationError CHECK_REGION_UNKNOWN for a code that Cloudflare does not have;
 * VALUE_INVALID for none, a region named twice, or ALL_REGIONS below Enterprise; NUMBER_OUT_OF_RANGE for more than the plan has
 */
export function checkCheckRegions(
  regions: readonly string[],
  plan: CloudflarePlan,
  path: string,
): readonly CheckRegion[] {
  const limits = PLAN_LIMITS[plan];
  const known = regions.filter(isCheckRegion);
  const unknown = regions.filter((region) => !isCheckRegion(region));
  if (unknown.length > 0) {
    throw new ConfigurationError({
      code: "CHECK_REGION_UNKNOWN",
      path,
      what: "Cloudflare has no such region",
      value: unknown.length === 1 ? unknown[0] : unknown,
      allowed: Object.keys(CHECK_REGIONS).join(", "),
      fix: "use codes from the list, in capitals",
    });
  }
  if (known.length === 0 || new Set(known).size < known.length) {
    throw new ConfigurationError({
      code: "VALUE_INVALID",
      path,
      what: known.length === 0 ? "no region is named to probe from" : "a region is named twice",
      value: regions,
      allowed: `1 to ${limits.mostCheckRegions} different codes`,
      fix: known.length === 0 ? `name one, as in ["${DEFAULT_CHECK_REGIONS[0]}"]` : "name each region once",
    });
  }
  if (known.includes("ALL_REGIONS") && (!limits.allRegions || known.length > 1)) {
    throw new ConfigurationError({
      code: "VALUE_INVALID",
      path,
      what: limits.allRegions
        ? "ALL_REGIONS stands for every region already"
        : `the ${plan} plan does not probe from all regions`,
      value: regions,
      allowed: limits.allRegions
        ? '["ALL_REGIONS"] alone, or single regions'
        : `up to ${limits.mostCheckRegions} single regions`,
      fix: limits.allRegions
        ? "leave the other codes out"
        : `name single regions, or use the ${CLOUDFLARE_PLANS.at(-1)} plan`,
    });
  }
  if (known.length > limits.mostCheckRegions) {
    throw new ConfigurationError({
      code: "NUMBER_OUT_OF_RANGE",
      path,
      what: `the ${plan} plan does not probe from that many regions`,
      value: known.length,
      allowed: `1 to ${limits.mostCheckRegions} regions`,
      fix: `leave ${known.length - limits.mostCheckRegions} out`,
    });
  }
  return known;
}
