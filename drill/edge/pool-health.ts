import type { EdgeMonitor, EdgePool } from "./edge-plan";

/**
 * Cloudflare probes from three data centres of each region that a pool names.
 * https://developers.cloudflare.com/load-balancing/monitors/#health-monitor-regions
 */
export const DATA_CENTRES_PER_REGION = 3;

/** What one data centre makes of an origin. */
export interface DataCentreHealth {
  readonly verdict: "unknown" | "up" | "down";
  /** The newest checks that agree with one another. */
  readonly run?: { readonly passed: boolean; readonly length: number };
}

/** The data centres of each region. */
export type OriginHealth = Readonly<Record<string, readonly DataCentreHealth[]>>;

/** A pool is unknown while checks that are still outstanding could make it healthy; it is served like an unhealthy one. */
export type PoolStatus = "healthy" | "unhealthy" | "unknown";

/** Nothing is known before the first checks. */
export function unknownHealth(pool: EdgePool): OriginHealth {
  const dataCentres = Array.from({ length: DATA_CENTRES_PER_REGION }, () => ({
    verdict: "unknown" as const,
  }));
  return Object.fromEntries(pool.checkRegions.map((region) => [region, dataCentres]));
}

/** The health after one more check by one data centre. A verdict changes after as many equal results as the monitor asks for. */
export function recordCheck(
  monitor: EdgeMonitor,
  health: OriginHealth,
  check: { readonly region: string; readonly dataCentre: number; readonly passed: boolean },
): OriginHealth {
  const region = health[check.region] ?? [];
  return {
    ...health,
    [check.region]: region.map((known, index) =>
      index === check.dataCentre ? afterCheck(monitor, known, check.passed) : known,
    ),
  };
}

function afterCheck(monitor: EdgeMonitor, known: DataCentreHealth, passed: boolean): DataCentreHealth {
  const length = known.run?.passed === passed ? known.run.length + 1 : 1;
  const needed = passed ? monitor.consecutiveUp : monitor.consecutiveDown;
  const verdict = length >= needed ? (passed ? "up" : "down") : known.verdict;
  return { verdict, run: { passed, length } };
}

/**
 * The pool's status: its origin is healthy when most regions are, a region when most of its data centres say up.
 * A tie is no majority. While unknown, an origin counts as down.
 * https://developers.cloudflare.com/load-balancing/understand-basics/health-details/
 */
export function poolStatus(pool: EdgePool, health: OriginHealth): PoolStatus {
  // A disabled pool or origin is not probed at all.
  if (!pool.enabled || !pool.origin.enabled || pool.minimumOrigins > 1) return "unhealthy";
  if (isOriginUp(health, ["up"])) return "healthy";
  return isOriginUp(health, ["up", "unknown"]) ? "unknown" : "unhealthy";
}

function isOriginUp(health: OriginHealth, counted: readonly DataCentreHealth["verdict"][]): boolean {
  return isMajority(Object.values(health), (region) =>
    isMajority(region, (dataCentre) => counted.includes(dataCentre.verdict)),
  );
}

function isMajority<T>(voters: readonly T[], agrees: (voter: T) => boolean): boolean {
  return voters.filter(agrees).length * 2 > voters.length;
}
