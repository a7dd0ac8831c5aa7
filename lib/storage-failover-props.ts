import type { ActiveProvider } from "./active-provider";
import type { FailoverLoadBalancerProps } from "./edge/failover-load-balancer";
import type { S3PrimaryStoreProps } from "./primary/s3-primary-store";
import type { ReplicatorProps } from "./replication/replicator";
import type { MinioSecondaryStoreProps } from "./secondary/minio-secondary-store";
import type { StateBackend } from "./state-backend";

/** What several stacks share is said once, in `StorageFailoverProps`. */
type Shared = "provider" | "protectFromDestroy";

export type PrimaryConfig = Omit<
  S3PrimaryStoreProps,
  Shared | "tags" | "originSecret" | "previousOriginSecret"
>;

export type SecondaryConfig = Omit<MinioSecondaryStoreProps, Shared | "dnsProvider" | "zoneName" | "zoneId">;

export interface ReplicationConfig
  extends Omit<ReplicatorProps, "provider" | "tags" | "primary" | "secondary" | "hostname"> {
  /**
   * AWS region that the replicator runs in.
   *
   * @default - the primary's region
   */
  readonly region?: string;
}

export type EdgeConfig = Omit<
  FailoverLoadBalancerProps,
  | Shared
  | "originSecret"
  | "primary"
  | "secondary"
  | "activeProvider"
  | "hostname"
  | "zoneName"
  | "zoneId"
  | "accountId"
>;

export interface StorageFailoverProps {
  /** The toggle. Never left out: resolve it with `resolveActiveProvider`. */
  readonly activeProvider: ActiveProvider;
  /** Host name that readers use. */
  readonly hostname: string;
  /** Name of the Cloudflare zone that holds `hostname` and the secondary's origin host. */
  readonly zoneName: string;
  /** Identifier of the zone. */
  readonly zoneId: string;
  /** Identifier of the Cloudflare account. */
  readonly accountId: string;
  /** The S3 bucket. */
  readonly primary: PrimaryConfig;
  /** The MinIO server. */
  readonly secondary: SecondaryConfig;
  /** @default - every knob's own default */
  readonly replication?: ReplicationConfig;
  /** @default - every knob's own default */
  readonly edge?: EdgeConfig;
  /**
   * Begins the stacks' names, followed by a hyphen: needed where one app holds several of these. Letters, digits, hyphens.
   *
   * @default - none: `primary`, `secondary`, `replication`, `edge`
   */
  readonly stackNamePrefix?: string;
  /** Where the state of all stacks is kept; the edge's too, unless `edgeBackend` is given. */
  readonly backend: StateBackend;
  /**
   * Where the edge's state is kept; must not need AWS.
   *
   * @default - `backend`
   */
  readonly edgeBackend?: StateBackend;
  /**
   * Whether the primary answers only anonymous requests that carry a secret, which the edge sends to both stores.
   * Its value is the sensitive variable `origin_secret` of the stacks `primary` and `edge`: set `TF_VAR_origin_secret`.
   *
   * @default false
   */
  readonly useOriginSecret?: boolean;
  /**
   * Whether Terraform refuses to destroy bucket, volume and load balancer.
   *
   * @default true
   */
  readonly protectFromDestroy?: boolean;
  /**
   * Tags of what is on AWS; DigitalOcean's are a list of words, `secondary.tags`.
   *
   * @default - none
   */
  readonly tags?: Readonly<Record<string, string>>;
}
