import type { EdgeMonitor, EdgePool } from "../edge-plan";

/**
 * Cloudflare probes from three data centres of each region that a pool names.
 * https://developers.cloudflare.com/load-balancing/monitors/#health-monitor-regions
 */
export const DATA_CENTRES_PER_REGION = 3;

/** What one data centre makes of an origin. */
export interface DataCentreHealth {
  readonly verdict: "unknown" | "up" | "down";
  /** The newest checks that agree with one another; not counted beyond what a verdict needs. */
  readonly run?: { readonly passed: boolean; readonly length: number };
}

/** The data centres of each region. */
export type OriginHealth = Readonly<Record<string, readonly DataCentreHealth[]>>;

/** A pool is unknown while checks that are still outstanding could make it healthy; it is served like an unhealthy one. */
export type PoolStatus = "healthy" | "unhealthy" | "unknown";

/** One check by one data centre, its retries included. */
export interface Check {
  readonly region: string;
  readonly dataCentre: number;
  readonly passed: boolean;
}

/** Nothing is known before the first checks. */
export function unknownHealth(pool: EdgePool): OriginHealth {
  const dataCentres = Array.from({ length: DATA_CENTRES_PER_REGION }, () => ({
    verdict: "unknown" as const,
  }));
  return Object.fromEntries(pool.checkRegions.map((region) => [region, dataCentres]));
}

/**
 * The health after one more check. A verdict changes after as many equal results as the monitor asks for.
 *
 * @returns the very same object when the check says nothing new
 */
export function recordCheck(monitor: EdgeMonitor, health: OriginHealth, check: Check): OriginHealth {
  const region = health[check.region] ?? [];
  const known = region[check.dataCentre];
  const next = known && afterCheck(monitor, known, check.passed);
  if (next === known || next === undefined) return health;
  return { ...health, [check.region]: region.with(check.dataCentre, next) };
}

function afterCheck(monitor: EdgeMonitor, known: DataCentreHealth, passed: boolean): DataCentreHealth {
  const needed = passed ? monitor.consecutiveUp : monitor.consecutiveDown;
  const length = known.run?.passed === passed ? Math.min(needed, known.run.length + 1) : 1;
  const verdict = length >= needed ? (passed ? "up" : "down") : known.verdict;
  const isNews = known.verdict !== verdict || known.run?.passed !== passed || known.run.length !== length;
  return isNews ? { verdict, run: { passed, length } } : known;
}

/**
 * The pool's status: its origin is healthy when most regions are, a region when most of its data centres say up.
 * A tie is no majority. While unknown, an origin counts as down.
 * https://developers.cloudflare.com/load-balancing/understand-basics/health-details/
 */
export function poolStatus(pool: EdgePool, health: OriginHealth): PoolStatus {
  // A disabled pool or origin is not probed at all.
  if (!pool.enabled || !pool.origin.enabled || pool.minimumOrigins > 1) return "unhealthy";
  return verdictOf((counted) =>
    isMajority(Object.values(health), (dataCentres) => isRegionUp(dataCentres, counted)),
  );
}

/** What each region makes of the pool's origin. */
export function regionStatuses(health: OriginHealth): Readonly<Record<string, PoolStatus>> {
  return Object.fromEntries(
    Object.entries(health).map(([region, dataCentres]) => [
      region,
      verdictOf((counted) => isRegionUp(dataCentres, counted)),
    ]),
  );
}

type Verdicts = readonly DataCentreHealth["verdict"][];

/** @param isUp whether a majority is up when these verdicts count as up */
function verdictOf(isUp: (counted: Verdicts) => boolean): PoolStatus {
  if (isUp(["up"])) return "healthy";
  return isUp(["up", "unknown"]) ? "unknown" : "unhealthy";
}

function isRegionUp(dataCentres: readonly DataCentreHealth[], counted: Verdicts): boolean {
  return isMajority(dataCentres, ({ verdict }) => counted.includes(verdict));
}

function isMajority<T>(voters: readonly T[], agrees: (voter: T) => boolean): boolean {
  return voters.filter(agrees).length * 2 > voters.length;
}
