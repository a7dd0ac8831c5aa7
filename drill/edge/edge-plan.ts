import type { Marker } from "../../contract/marker";
import type { StoreName } from "../../contract/stores";

/** What the edge engine takes from a synthesized `edge` stack. Durations are the plan's own seconds. */
export interface EdgePlan {
  readonly hostname: string;
  readonly steeringPolicy: string;
  /** Whether a failed connection may be tried again on another pool. */
  readonly failoverAcrossPools: boolean;
  /** In the order of preference, for readers of every region that has no list of its own. */
  readonly defaultPools: readonly EdgePool[];
  /**
   * Lists of their own by region code, as in `WEU`.
   *
   * @default - none
   */
  readonly regionPools?: Readonly<Record<string, readonly EdgePool[]>>;
  /**
   * Region of the readers who do not say where they are.
   *
   * @default - one without a list of its own
   */
  readonly readersRegion?: string;
  readonly fallbackPool: EdgePool;
  readonly marker: { readonly name: string; readonly ttlSeconds: number; readonly content: Marker };
  /** Path rewrites before an origin is asked, as in `/` to `/index.html`. */
  readonly rewrites: readonly { readonly from: string; readonly to: string }[];
  /** Headers that the edge sets on requests to either origin. */
  readonly requestHeaders: Readonly<Record<string, string>>;
  /** Headers, in lower case, that readers never see. */
  readonly removedResponseHeaders: readonly string[];
}

export interface EdgePool {
  readonly name: string;
  readonly enabled: boolean;
  readonly minimumOrigins: number;
  readonly checkRegions: readonly string[];
  readonly origin: {
    readonly name: StoreName;
    readonly address: string;
    readonly port?: number;
    readonly enabled: boolean;
    readonly hostHeader?: string;
  };
  readonly monitor: EdgeMonitor;
}

export interface EdgeMonitor {
  readonly type: "http" | "https" | "tcp";
  readonly method: string;
  readonly path: string;
  readonly port?: number;
  readonly intervalSeconds: number;
  readonly timeoutSeconds: number;
  readonly retries: number;
  readonly consecutiveUp: number;
  readonly consecutiveDown: number;
  readonly expectedBody?: string;
  readonly expectedCodes: string;
  /**
   * Whether a probe over TLS takes any certificate.
   *
   * @default false
   */
  readonly allowInsecure?: boolean;
  readonly headers: Readonly<Record<string, readonly string[]>>;
}

/** Every pool that the plan uses, each once. */
export function poolsOf(plan: EdgePlan): readonly EdgePool[] {
  const used = [...plan.defaultPools, ...Object.values(plan.regionPools ?? {}).flat(), plan.fallbackPool];
  return [...new Map(used.map((pool) => [pool.name, pool])).values()];
}

/** The pools in the order of preference that readers of a region have. */
export function poolOrder(plan: EdgePlan, region = plan.readersRegion): readonly EdgePool[] {
  const own = region === undefined ? undefined : plan.regionPools?.[region];
  return own ?? plan.defaultPools;
}

/** The plan with some of its pools changed, wherever it names them. */
export function withPools(plan: EdgePlan, change: (pool: EdgePool) => EdgePool): EdgePlan {
  const changed = new Map(poolsOf(plan).map((pool) => [pool.name, change(pool)]));
  const of = (pool: EdgePool): EdgePool => changed.get(pool.name) ?? pool;
  return {
    ...plan,
    defaultPools: plan.defaultPools.map(of),
    ...(plan.regionPools && {
      regionPools: Object.fromEntries(
        Object.entries(plan.regionPools).map(([region, pools]) => [region, pools.map(of)]),
      ),
    }),
    fallbackPool: of(plan.fallbackPool),
  };
}
