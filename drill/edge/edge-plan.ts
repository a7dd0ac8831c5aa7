import type { Marker } from "../../contract/marker";
import type { StoreName } from "../../contract/stores";

/** What the edge engine takes from a synthesized `edge` stack. Durations are the plan's own seconds. */
export interface EdgePlan {
  readonly hostname: string;
  readonly steeringPolicy: string;
  /** Whether a failed connection may be tried again on another pool. */
  readonly failoverAcrossPools: boolean;
  /** In the order of preference that the readers' region has. */
  readonly defaultPools: readonly EdgePool[];
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
  readonly headers: Readonly<Record<string, readonly string[]>>;
}

/** Every pool that the plan uses, each once. */
export function poolsOf(plan: EdgePlan): readonly EdgePool[] {
  const byName = new Map([...plan.defaultPools, plan.fallbackPool].map((pool) => [pool.name, pool]));
  return [...byName.values()];
}
