import type { Server } from "node:http";
import { isDeepStrictEqual } from "node:util";
import type { Marker } from "../../contract/marker";
import type { StoreName } from "../../contract/stores";
import type { EdgeRetried, PoolChanged } from "../evidence/events";
import { monotonicMilliseconds } from "../machine/clock";
import { close, listen } from "../machine/loopback-server";
import { type SeededRandom, seededRandom } from "../workload/seeded-random";
import { type EdgePlan, type EdgePool, poolsOf } from "./edge-plan";
import { createMarkerResolver } from "./marker-resolver";
import { CachedMarkerZone } from "./marker-zone";
import { PlanTime } from "./plan-time";
import type { PoolStatus } from "./pool-health";
import { PoolMonitor } from "./pool-monitor";
import { createReaderProxy } from "./reader-proxy";
import { ROUTE_SECONDS, RouteCache } from "./route-cache";

export interface EdgeSettings {
  readonly plan: EdgePlan;
  /** Port on 127.0.0.1 of every origin address in the plan: stands for DNS. */
  readonly ports: Readonly<Record<string, number>>;
  /** Plan seconds that pass in one real second. */
  readonly speed: number;
  /**
   * Least milliseconds of any time-out, whatever the speed.
   *
   * @default 1000
   */
  readonly minimumTimeoutMilliseconds?: number;
  /** `monotonicMilliseconds()` when the run began; events carry their time since. */
  readonly origin: number;
  /**
   * Spreads the data centres' probes.
   *
   * @default 1
   */
  readonly seed?: number;
}

export type EdgeEvent = PoolChanged | EdgeRetried;

export interface EdgeAddresses {
  readonly port: number;
  readonly resolverPorts: readonly [number, number];
}

export interface PoolState {
  readonly name: string;
  readonly store: StoreName;
  readonly enabled: boolean;
  /** Unknown until enough data centres have looked; readers are served as if it were unhealthy. */
  readonly status: PoolStatus;
}

/** The load balancer, its monitors and the marker's resolvers, within one process. */
export class EdgeEngine {
  private plan: EdgePlan;
  private marker: EdgePlan["marker"];
  private readonly monitors = new Map<string, PoolMonitor>();
  private readonly time: PlanTime;
  private readonly random: SeededRandom;
  private readonly proxy: Server;
  private readonly resolvers: readonly [Server, Server];

  constructor(
    private readonly settings: EdgeSettings,
    private readonly onEvent: (event: EdgeEvent) => void,
  ) {
    this.time = new PlanTime(settings.speed, settings.minimumTimeoutMilliseconds ?? 1000);
    this.random = seededRandom(settings.seed ?? 1);
    checkPorts(settings.plan, settings.ports);
    this.plan = settings.plan;
    this.marker = settings.plan.marker;
    const isHealthy = (pool: EdgePool): boolean => this.monitors.get(pool.name)?.status === "healthy";
    this.proxy = createReaderProxy({
      plan: () => this.plan,
      routes: new RouteCache({
        plan: () => this.plan,
        isHealthy,
        keepMilliseconds: this.time.milliseconds(ROUTE_SECONDS),
        now: monotonicMilliseconds,
      }),
      isHealthy,
      portOf: (pool) => this.portOf(pool),
      time: this.time,
      onRetry: (retry) => this.onEvent({ type: "edge-retry", at: this.now(), ...retry }),
    });
    this.resolvers = [this.resolver("/dns-query", true), this.resolver("/resolve", false)];
  }

  public async start(): Promise<EdgeAddresses> {
    const port = await listen(this.proxy);
    const resolverPorts = [await listen(this.resolvers[0]), await listen(this.resolvers[1])] as const;
    this.startMonitors();
    return { port, resolverPorts };
  }

  /**
   * Takes another plan as Cloudflare does: the marker moves first, then the order. The health of a pool that stays the same is kept.
   *
   * @throws RangeError for an origin address without a port
   */
  public applyPlan(plan: EdgePlan): void {
    checkPorts(plan, this.settings.ports);
    this.marker = plan.marker;
    this.plan = plan;
    this.startMonitors();
  }

  /** Changes the marker's content and nothing else. */
  public publishMarker(content: Marker): void {
    this.marker = { ...this.marker, content };
  }

  public pools(): readonly PoolState[] {
    return poolsOf(this.plan).map((pool) => ({
      name: pool.name,
      store: pool.origin.name,
      enabled: pool.enabled,
      status: this.monitors.get(pool.name)?.status ?? "unknown",
    }));
  }

  public async stop(): Promise<void> {
    for (const monitor of this.monitors.values()) monitor.stop();
    await Promise.all([this.proxy, ...this.resolvers].map((server) => close(server)));
  }

  /** Starts monitors for new and changed pools, and stops those of pools that are gone. */
  private startMonitors(): void {
    const pools = new Map(poolsOf(this.plan).map((pool) => [pool.name, pool]));
    for (const [name, monitor] of this.monitors) {
      if (isDeepStrictEqual(monitor.pool, pools.get(name))) continue;
      monitor.stop();
      this.monitors.delete(name);
    }
    for (const [name, pool] of pools) {
      if (this.monitors.has(name)) continue;
      const monitor = new PoolMonitor({
        pool,
        port: this.portOf(pool),
        time: this.time,
        random: this.random,
        onStatus: (changed, status) => this.reportStatus(changed, status),
      });
      this.monitors.set(name, monitor);
      monitor.start();
    }
  }

  private reportStatus(pool: EdgePool, status: PoolStatus): void {
    this.onEvent({ type: "pool", at: this.now(), store: pool.origin.name, healthy: status === "healthy" });
  }

  private resolver(path: string, acceptRequired: boolean): Server {
    return createMarkerResolver({
      zone: new CachedMarkerZone(() => this.marker),
      path,
      acceptRequired,
      nowSeconds: () => this.time.planSeconds(monotonicMilliseconds()),
    });
  }

  private portOf(pool: EdgePool): number {
    const port = this.settings.ports[pool.origin.address];
    if (port === undefined) throw unknownAddress(pool);
    return port;
  }

  private now(): number {
    return monotonicMilliseconds() - this.settings.origin;
  }
}

function checkPorts(plan: EdgePlan, ports: EdgeSettings["ports"]): void {
  const unknown = poolsOf(plan).find((pool) => ports[pool.origin.address] === undefined);
  if (unknown !== undefined) throw unknownAddress(unknown);
}

function unknownAddress(pool: EdgePool): RangeError {
  return new RangeError(`no port is given for ${pool.origin.address}, the origin of pool ${pool.name}`);
}
