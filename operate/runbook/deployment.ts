import type { StoreName } from "../../contract/stores";
import type { RecoveryTimings } from "../../lib/objectives";

/**
 * What a runbook needs to know of a deployment, from its synthesized stacks. Nothing in it depends on the toggle: a flip
 * must not make the runbook stale. What is only known after a deployment is left out.
 */
export interface Deployment {
  /** Begins the names of the stacks; an empty text where nothing does. */
  readonly stackPrefix: string;
  readonly hostname: string;
  readonly accountId?: string;
  readonly zoneId?: string;
  readonly marker: { readonly name: string; readonly ttlSeconds: number };
  readonly fenceSeconds: number;
  readonly stores: Readonly<Record<StoreName, DeployedStore>>;
  readonly checkRegions: readonly string[];
  /** Whether readers of some regions have lists of their own. */
  readonly hasRegionPools: boolean;
  /** Whom Cloudflare tells that a store's health changed. */
  readonly notified: readonly string[];
  readonly replication: DeployedReplication;
  /** Absent where the secondary is a store that existed before. */
  readonly droplet?: { readonly name: string; readonly region?: string; readonly volumeGiB?: number };
  /** Absent where the stacks name no bucket, such as with HCP Terraform. */
  readonly state?: { readonly bucket: string; readonly profile?: string };
  /** Terraform variables of the edge without a default: without them nothing can be planned. */
  readonly edgeVariables: readonly string[];
}

export interface DeployedStore {
  readonly bucket: string;
  /** S3 API. */
  readonly endpoint: string;
  /** Where the edge reads. */
  readonly originHost: string;
  readonly poolName: string;
  readonly timings: RecoveryTimings;
}

export interface DeployedReplication {
  readonly functionName: string;
  readonly region?: string;
  /** Minutes between two runs; absent where no schedule is planned. */
  readonly everyMinutes?: number;
  readonly alarms: readonly DeployedAlarm[];
  readonly dashboardName?: string;
}

export interface DeployedAlarm {
  readonly name: string;
  /** As in `lag`: the name without what all of them begin with. */
  readonly id: string;
  readonly means: string;
  /** Absent where the alarm counts: anything above none rings. */
  readonly lagSeconds?: number;
}
