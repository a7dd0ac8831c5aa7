import { type EdgePlan, type EdgePool, poolOrder } from "../edge-plan";

/**
 * Codes after which Cloudflare tries another healthy endpoint, once. An origin's own answer is never among
 * them, whatever its status.
 * https://developers.cloudflare.com/load-balancing/understand-basics/adaptive-routing/
 */
export const RETRIED_CODES: readonly number[] = [521, 522, 523, 525, 526];

export type IsHealthy = (pool: EdgePool) => boolean;

export type Route =
  | { readonly kind: "healthy"; readonly pool: EdgePool }
  /** Every pool is down: the fallback pool is asked whatever its health. */
  | { readonly kind: "fallback"; readonly pool: EdgePool }
  /** The fallback pool is disabled as well. */
  | { readonly kind: "none" };

/** An origin that could not be asked. */
export interface FailedRequest {
  readonly pool: EdgePool;
  /** Cloudflare's code for it, as in 521. */
  readonly code: number;
  readonly requestHasBody: boolean;
  /** The reader's; absent: the plan's own `readersRegion`. */
  readonly region?: string;
}

/** The first enabled healthy pool in the order of the reader's region, else the fallback pool. */
export function chooseRoute(plan: EdgePlan, isHealthy: IsHealthy, region?: string): Route {
  const pool = poolOrder(plan, region).find((candidate) => candidate.enabled && isHealthy(candidate));
  if (pool !== undefined) return { kind: "healthy", pool };
  const fallback = plan.fallbackPool;
  return fallback.enabled && fallback.origin.enabled
    ? { kind: "fallback", pool: fallback }
    : { kind: "none" };
}

/** The pool for the one retry; undefined when there is none. */
export function retryPool(plan: EdgePlan, isHealthy: IsHealthy, failed: FailedRequest): EdgePool | undefined {
  // A body is passed on as it arrives and cannot be sent a second time.
  if (!plan.failoverAcrossPools || failed.requestHasBody || !RETRIED_CODES.includes(failed.code))
    return undefined;
  return poolOrder(plan, failed.region).find(
    (candidate) => candidate.name !== failed.pool.name && candidate.enabled && isHealthy(candidate),
  );
}
