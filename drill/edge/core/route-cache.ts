import type { Route } from "./steering";

/** Plan seconds for which the address of a chosen origin is kept: assumed on the safe side, no page of Cloudflare's gives a figure. */
export const ROUTE_SECONDS = 5;

/** Keeps each region's routing decision for a while: a change of health or order is seen by readers only after that. */
export class RouteCache {
  private readonly kept = new Map<string | undefined, { readonly route: Route; readonly expires: number }>();

  constructor(private readonly choose: (region: string | undefined) => Route) {}

  /** @param now plan seconds of a clock that never goes back */
  public current(now: number, region?: string): Route {
    const kept = this.kept.get(region);
    if (kept !== undefined && now < kept.expires) return kept.route;
    const route = this.choose(region);
    this.kept.set(region, { route, expires: now + ROUTE_SECONDS });
    return route;
  }
}
