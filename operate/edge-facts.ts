import type { StoreName } from "../contract/stores";

/** Version of the file's format. */
export const EDGE_FACTS_VERSION = 1;

/** Where the facts are kept unless told otherwise; committed, since nothing in them is secret. */
export const EDGE_FACTS_FILE = "storage-failover.facts.json";

/**
 * What a flip through Cloudflare's API alone needs to know of this deployment. Ids are given by Cloudflare at the first
 * deployment and stay; `storage-failover facts` writes them and says when one is gone.
 */
export interface EdgeFacts {
  readonly version: typeof EDGE_FACTS_VERSION;
  /** ISO 8601: when every id was last read back. */
  readonly checkedAt: string;
  /** Host name that readers use. */
  readonly hostname: string;
  readonly accountId: string;
  readonly zoneId: string;
  readonly loadBalancerId: string;
  readonly marker: {
    readonly recordId: string;
    /** Full name of the TXT record. */
    readonly name: string;
    readonly ttlSeconds: number;
  };
  readonly pools: Readonly<Record<StoreName, PoolFacts>>;
}

export interface PoolFacts {
  readonly id: string;
  readonly name: string;
  readonly monitorId: string;
}
