import { LoadBalancerMonitor } from "@cdktf/provider-cloudflare/lib/load-balancer-monitor";
import { LoadBalancerPool } from "@cdktf/provider-cloudflare/lib/load-balancer-pool";
import type { TerraformProvider } from "cdktf";
import { Construct } from "constructs";
import type { ObjectStore } from "../object-store";
import type { MonitorTimings } from "../objectives";
import type { CheckRegion } from "./check-regions";

export interface StorePoolProps {
  readonly store: ObjectStore;
  readonly accountId: string;
  /** Name of the pool, unique in the account. */
  readonly poolName: string;
  readonly timings: MonitorTimings;
  readonly checkRegions: readonly CheckRegion[];
  /**
   * Value of the Referer header that the store asks for; a token.
   *
   * @default - no such header
   */
  readonly originSecret?: string;
  /** @default - the stack's Cloudflare provider */
  readonly provider?: TerraformProvider;
}

/** One store as the edge sees it: a pool with exactly one origin, and the monitor that watches it. */
export class StorePool extends Construct {
  public readonly monitor: LoadBalancerMonitor;
  public readonly pool: LoadBalancerPool;
  /** The Cloudflare account that holds both. */
  public readonly accountId: string;

  constructor(scope: Construct, id: string, props: StorePoolProps) {
    super(scope, id);
    this.accountId = props.accountId;
    this.monitor = this.createMonitor(props);
    this.pool = this.createPool(props);
  }

  /** Identifier of the pool, for `default_pools` and `fallback_pool`. */
  public get poolId(): string {
    return this.pool.id;
  }

  private createMonitor({
    store,
    accountId,
    timings,
    originSecret,
    provider,
  }: StorePoolProps): LoadBalancerMonitor {
    return new LoadBalancerMonitor(this, "monitor", {
      provider,
      accountId,
      description: `${store.storeName} store: a real object with a known body`,
      type: "https",
      method: "GET",
      path: store.healthPath,
      port: 443,
      // Without the Host header S3 cannot tell which bucket is meant.
      header: {
        Host: [store.originHost],
        ...(originSecret === undefined ? {} : { Referer: [originSecret] }),
      },
      expectedCodes: "200",
      expectedBody: store.healthBody,
      followRedirects: false,
      allowInsecure: false,
      interval: timings.intervalSeconds,
      timeout: timings.timeoutSeconds,
      retries: timings.retries,
      consecutiveUp: timings.consecutiveUp,
      consecutiveDown: timings.consecutiveDown,
    });
  }

  private createPool({
    store,
    accountId,
    poolName,
    checkRegions,
    provider,
  }: StorePoolProps): LoadBalancerPool {
    return new LoadBalancerPool(this, "pool", {
      provider,
      accountId,
      name: poolName,
      description: `${store.storeName} store`,
      enabled: true,
      minimumOrigins: 1,
      monitor: this.monitor.id,
      checkRegions: [...checkRegions],
      // One origin only: Cloudflare returns origins sorted by name, so two would be a permanent difference.
      origins: [
        {
          name: store.storeName,
          address: store.originHost,
          enabled: true,
          weight: 1,
          header: { host: [store.originHost] },
        },
      ],
      // Cloudflare's own defaults, written out: provider 5.14 shows computed nested objects as changed otherwise.
      loadShedding: { defaultPercent: 0, defaultPolicy: "random", sessionPercent: 0, sessionPolicy: "hash" },
      originSteering: { policy: "random" },
    });
  }
}
