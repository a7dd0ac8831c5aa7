import type { Server } from "node:http";
import type { Marker } from "../../contract/marker";
import type { EdgeRetried, PoolChanged } from "../evidence/events";
import { monotonicMilliseconds } from "../machine/clock";
import { close, listen } from "../machine/loopback-server";
import { EdgeCore, type PoolOrder, type PoolState, type ResolverNumber } from "./core/edge-core";
import type { EdgePlan } from "./edge-plan";
import { createMarkerResolver } from "./marker-resolver";
import { OriginAddresses, type OriginPorts } from "./origin-addresses";
import type { OriginTls } from "./origin-connection";
import { PlanTime } from "./plan-time";
import { probe } from "./probe";
import { ProbeLoop } from "./probe-loop";
import { createReaderProxy } from "./reader-proxy";

export type { PoolOrder, PoolState } from "./core/edge-core";

export interface EdgeSettings {
  readonly plan: EdgePlan;
  /** Port on 127.0.0.1 of every origin address in the plan: stands for DNS. */
  readonly ports: OriginPorts;
  /**
   * Asks origins over TLS and verifies their certificates: readers always, monitors of type https.
   *
   * @default - plain HTTP
   */
  readonly tls?: OriginTls;
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

/** The load balancer, its monitors and the marker's resolvers, within one process: real time and real sockets around the core. */
export class EdgeEngine {
  private readonly time: PlanTime;
  private readonly addresses: OriginAddresses;
  private readonly core: EdgeCore;
  private readonly probes: ProbeLoop;
  private readonly proxy: Server;
  private readonly resolvers: readonly [Server, Server];

  constructor(
    private readonly settings: EdgeSettings,
    private readonly onEvent: (event: EdgeEvent) => void,
  ) {
    const { plan, ports, tls, seed } = settings;
    this.time = new PlanTime(settings.speed, settings.minimumTimeoutMilliseconds ?? 1000);
    this.addresses = new OriginAddresses(ports);
    this.addresses.check(plan);
    this.core = new EdgeCore({ plan, seed, now: this.planSeconds() });
    this.probes = new ProbeLoop({
      core: this.core,
      probe: ({ pool, region }) =>
        probe({
          pool,
          port: this.addresses.portOf(pool, region),
          timeoutMilliseconds: this.time.timeoutMilliseconds(pool.monitor.timeoutSeconds),
          tls,
        }),
      now: () => this.planSeconds(),
      milliseconds: (seconds) => this.time.milliseconds(seconds),
      onStatus: ({ origin }, status) =>
        this.onEvent({ type: "pool", at: this.now(), store: origin.name, healthy: status === "healthy" }),
    });
    this.proxy = createReaderProxy({
      core: this.core,
      planSeconds: () => this.planSeconds(),
      portOf: (pool) => this.addresses.portOf(pool),
      tls,
      time: this.time,
      onRetry: (retry) => this.onEvent({ type: "edge-retry", at: this.now(), ...retry }),
    });
    this.resolvers = [this.resolver(0, "/dns-query", true), this.resolver(1, "/resolve", false)];
  }

  public async start(): Promise<EdgeAddresses> {
    const port = await listen(this.proxy);
    const resolverPorts = [await listen(this.resolvers[0]), await listen(this.resolvers[1])] as const;
    this.probes.wake();
    return { port, resolverPorts };
  }

  /**
   * Takes another plan, marker included. The health of a pool that stays the same is kept.
   *
   * @throws RangeError for an origin address without a port
   */
  public applyPlan(plan: EdgePlan): void {
    this.addresses.check(plan);
    this.core.applyPlan(plan, this.planSeconds());
    this.probes.wake();
  }

  /** @throws RangeError for a pool that the plan does not have */
  public setPool(name: string, change: { readonly enabled: boolean }): void {
    this.core.setPool(name, change, this.planSeconds());
    this.probes.wake();
  }

  /** @throws RangeError for a pool that the plan does not have */
  public setOrder(order: PoolOrder): void {
    this.core.setOrder(order, this.planSeconds());
    this.probes.wake();
  }

  /** Changes the marker's content and nothing else. */
  public publishMarker(content: Marker): void {
    this.core.publishMarker(content);
  }

  /** @throws RangeError for an address that was never given a port */
  public removeAddress(address: string): void {
    this.addresses.remove(address);
  }

  /** @throws RangeError for an address that was never given a port */
  public restoreAddress(address: string): void {
    this.addresses.restore(address);
  }

  public pools(): readonly PoolState[] {
    return this.core.pools();
  }

  public async stop(): Promise<void> {
    this.probes.stop();
    await Promise.all([this.proxy, ...this.resolvers].map((server) => close(server)));
  }

  private resolver(number: ResolverNumber, path: string, acceptRequired: boolean): Server {
    return createMarkerResolver({
      answer: (name, type) => this.core.resolve(number, name, type, this.planSeconds()),
      path,
      acceptRequired,
    });
  }

  /** Milliseconds since the run began. */
  private now(): number {
    return monotonicMilliseconds() - this.settings.origin;
  }

  private planSeconds(): number {
    return this.time.planSeconds(this.now());
  }
}
