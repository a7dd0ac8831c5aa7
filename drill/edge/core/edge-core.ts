import { isDeepStrictEqual } from "node:util";
import type { Marker } from "../../../contract/marker";
import type { StoreName } from "../../../contract/stores";
import { type SeededRandom, seededRandom } from "../../workload/seeded-random";
import { type EdgePlan, type EdgePool, poolsOf, withPools } from "../edge-plan";
import { CachedMarkerZone, type DnsAnswer } from "./marker-zone";
import type { PoolStatus } from "./pool-health";
import { type Attempt, PoolWatch, type Recorded } from "./pool-watch";
import type { ProbeAnswer } from "./probe-outcome";
import { RouteCache } from "./route-cache";
import { chooseRoute, type FailedRequest, type Route, retryPool } from "./steering";

export interface EdgeCoreSettings {
  readonly plan: EdgePlan;
  /**
   * Spreads the data centres' probes.
   *
   * @default 1
   */
  readonly seed?: number;
  /**
   * Plan seconds at which the first checks begin.
   *
   * @default 0
   */
  readonly now?: number;
}

export interface PoolState {
  readonly name: string;
  readonly store: StoreName;
  readonly enabled: boolean;
  /** Unknown until enough data centres have looked; readers are served as if it were unhealthy. */
  readonly status: PoolStatus;
  /** What each probing region makes of it; empty while it is not probed. */
  readonly regions: Readonly<Record<string, PoolStatus>>;
}

/** The order of a load balancer, by the names of its pools. */
export interface PoolOrder {
  readonly defaultPools: readonly string[];
  readonly fallbackPool: string;
  /** @default - no region has a list of its own */
  readonly regionPools?: Readonly<Record<string, readonly string[]>>;
}

/** Which of the two resolvers of the marker. */
export type ResolverNumber = 0 | 1;

/**
 * All that the edge knows and decides, without a clock and without sockets. Whoever drives it makes the probes that are
 * due, tells it their answers, and asks it where readers go. Times are plan seconds and never go back.
 */
export class EdgeCore {
  private currentPlan: EdgePlan;
  private marker: EdgePlan["marker"];
  /** The pools of the last plan as they are now, also those that no list names any more. */
  private known: ReadonlyMap<string, EdgePool>;
  private readonly watches = new Map<string, PoolWatch>();
  private readonly random: SeededRandom;
  private readonly isHealthy = (pool: EdgePool): boolean => this.watches.get(pool.name)?.status === "healthy";
  private readonly routes = new RouteCache((region) => chooseRoute(this.plan, this.isHealthy, region));
  private readonly resolvers = [
    new CachedMarkerZone(() => this.marker),
    new CachedMarkerZone(() => this.marker),
  ] as const;

  constructor({ plan, seed = 1, now = 0 }: EdgeCoreSettings) {
    this.random = seededRandom(seed);
    this.currentPlan = plan;
    this.marker = plan.marker;
    this.known = byName(poolsOf(plan));
    this.watchPools(now);
  }

  /** The plan in force. */
  public get plan(): EdgePlan {
    return this.currentPlan;
  }

  /** When the next check begins; infinite when no pool is probed. */
  public nextDue(): number {
    let next = Number.POSITIVE_INFINITY;
    for (const watch of this.watches.values()) next = Math.min(next, watch.nextDue());
    return next;
  }

  /** The probes to make now; each must be answered by one `recordProbe`. */
  public due(now: number): readonly Attempt[] {
    return [...this.watches.values()].flatMap((watch) => watch.due(now));
  }

  /** Takes the answer to a probe. An answer for a pool that has changed meanwhile is left aside. */
  public recordProbe(attempt: Attempt, answer: ProbeAnswer, now: number): Recorded {
    return this.watches.get(attempt.pool.name)?.record(attempt, answer, now) ?? {};
  }

  /** Where a reader of a region goes; a choice is kept for `ROUTE_SECONDS`, whatever happens meanwhile. */
  public route(now: number, region?: string): Route {
    return this.routes.current(now, region);
  }

  /** The pool on which a failed request is tried once more; undefined when it is not. */
  public afterFailure(failed: FailedRequest): EdgePool | undefined {
    return retryPool(this.plan, this.isHealthy, failed);
  }

  /** Takes another plan, marker included. The health of a pool that stays the same is kept; a changed one is looked at anew. */
  public applyPlan(plan: EdgePlan, now: number): void {
    this.marker = plan.marker;
    this.currentPlan = plan;
    this.known = byName(poolsOf(plan));
    this.watchPools(now);
  }

  /**
   * Enables or disables a pool until the next plan. A disabled pool is not probed, and what was known of it is forgotten.
   *
   * @throws RangeError for a pool that the plan does not have
   */
  public setPool(name: string, { enabled }: { readonly enabled: boolean }, now: number): void {
    const changed = { ...this.poolNamed(name), enabled };
    this.known = new Map([...this.known, [name, changed]]);
    this.currentPlan = withPools(this.plan, (pool) => (pool.name === name ? changed : pool));
    this.watchPools(now);
  }

  /**
   * Changes the load balancer's order and nothing else. A pool that no list names is not probed, and once named again is
   * looked at anew.
   *
   * @throws RangeError for a pool that the plan does not have
   */
  public setOrder({ defaultPools, fallbackPool, regionPools }: PoolOrder, now: number): void {
    const named = (names: readonly string[]): readonly EdgePool[] =>
      names.map((name) => this.poolNamed(name));
    this.currentPlan = {
      ...this.plan,
      defaultPools: named(defaultPools),
      fallbackPool: this.poolNamed(fallbackPool),
      regionPools:
        regionPools &&
        Object.fromEntries(Object.entries(regionPools).map(([region, names]) => [region, named(names)])),
    };
    this.watchPools(now);
  }

  /** Changes the marker's content and nothing else. */
  public publishMarker(content: Marker): void {
    this.marker = { ...this.marker, content };
  }

  /** What a resolver says now; it keeps what it was told for the record's time to live. */
  public resolve(resolver: ResolverNumber, name: string, type: number, now: number): DnsAnswer {
    return this.resolvers[resolver].answer(name, type, now);
  }

  public pools(): readonly PoolState[] {
    return poolsOf(this.plan).map((pool) => ({
      name: pool.name,
      store: pool.origin.name,
      enabled: pool.enabled,
      status: this.watches.get(pool.name)?.status ?? "unknown",
      regions: pool.enabled && pool.origin.enabled ? (this.watches.get(pool.name)?.regions ?? {}) : {},
    }));
  }

  /** Whether nothing would change if every data centre looked again and found this; undefined when that takes time. */
  public isSettled(finds: (pool: EdgePool, region: string) => boolean | undefined): boolean {
    return [...this.watches.values()].every((watch) =>
      watch.isSettled((region) => finds(watch.pool, region)),
    );
  }

  /** Leaves out all checks before `moment`. Right only while the edge is settled. */
  public skipTo(moment: number): void {
    for (const watch of this.watches.values()) watch.skipTo(moment);
  }

  private poolNamed(name: string): EdgePool {
    const pool = this.known.get(name);
    if (pool === undefined) throw new RangeError(`the plan has no pool "${name}"`);
    return pool;
  }

  /** Watches new and changed pools from now on, and no longer those that are gone. */
  private watchPools(now: number): void {
    const pools = byName(poolsOf(this.plan));
    for (const [name, watch] of this.watches) {
      if (!isDeepStrictEqual(watch.pool, pools.get(name))) this.watches.delete(name);
    }
    for (const [name, pool] of pools) {
      if (!this.watches.has(name)) this.watches.set(name, new PoolWatch(pool, this.random, now));
    }
  }
}

function byName(pools: readonly EdgePool[]): ReadonlyMap<string, EdgePool> {
  return new Map(pools.map((pool) => [pool.name, pool]));
}
