import type { EdgePlan } from "./edge-plan";
import { chooseRoute, type IsHealthy, type Route } from "./steering";

/** Plan seconds for which the address of a chosen origin is kept: assumed on the safe side, no page of Cloudflare's gives a figure. */
export const ROUTE_SECONDS = 5;

/** Keeps each routing decision for a while: a change of health or order is seen by readers only after that. */
export class RouteCache {
  private kept?: { readonly route: Route; readonly expires: number };

  constructor(
    private readonly options: {
      readonly plan: () => EdgePlan;
      readonly isHealthy: IsHealthy;
      readonly keepMilliseconds: number;
      /** Milliseconds of a clock that never goes back. */
      readonly now: () => number;
    },
  ) {}

  public current(): Route {
    const now = this.options.now();
    if (this.kept === undefined || now >= this.kept.expires) {
      const route = chooseRoute(this.options.plan(), this.options.isHealthy);
      this.kept = { route, expires: now + this.options.keepMilliseconds };
    }
    return this.kept.route;
  }
}
