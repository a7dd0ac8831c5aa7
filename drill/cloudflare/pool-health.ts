import { type ApiAnswer, answered, type Item, isItem, listOf } from "./api-request";

/** What the monitors say of a pool; `unknown` before they have looked. */
export type PoolHealth = "healthy" | "unhealthy" | "unknown";

/** As `pools/<id>/health` answers: for each place that probes, each origin. */
export function healthAnswer(pool: Item, health: PoolHealth): ApiAnswer {
  const regions = Array.isArray(pool.check_regions) ? pool.check_regions.map(String) : [];
  const healthy = health === "healthy";
  const origins = listOf(pool.origins).map((origin) => ({
    [String(origin.address)]: {
      healthy,
      rtt: "12.1ms",
      failure_reason: healthy ? "No failures" : "Response code mismatch error",
      response_code: healthy ? 200 : 0,
    },
  }));
  const places = health === "unknown" ? [] : regions.map((region) => [region, { healthy, origins }]);
  return answered({ pool_id: pool.id, pop_health: Object.fromEntries(places) });
}

/** The id of the pool whose health a path asks for. */
export function healthOf(path: string): string | undefined {
  return /^(\/accounts\/[^/]+\/load_balancers\/pools\/[^/]+)\/health$/.exec(path)?.[1];
}

export function poolName(pool: unknown): string {
  return isItem(pool) ? String(pool.name) : "";
}
