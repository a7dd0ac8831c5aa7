import type { ActiveProvider } from "./active-provider";
import type { PlanException } from "./checks/check-plan";
import type { Objectives } from "./declared-objectives";
import type { FailoverLoadBalancerProps } from "./edge/failover-load-balancer";
import type { ExistingBucketStoreProps } from "./primary/existing-bucket-store";
import type { S3PrimaryStoreProps } from "./primary/s3-primary-store";
import type { ProviderVersions } from "./provider-versions";
import type { ReplicatorProps } from "./replication/replicator";
import type { EndpointStoreProps } from "./secondary/endpoint-store";
import type { MinioSecondaryStoreProps } from "./secondary/minio-secondary-store";
import type { StateBackend } from "./state-backend";

/** What several stacks share is said once, in `StorageFailoverProps`. */
type Shared = "provider" | "protectFromDestroy" | "longestOutageDays";

/** The origin's secrets are variables, which `StorageFailover` declares. */
type OriginSecrets = "originSecret" | "previousOriginSecret" | "requireOriginSecret";

/** A bucket that is created. */
export type PrimaryConfig = Omit<S3PrimaryStoreProps, Shared | OriginSecrets | "tags">;

/** A bucket that exists. */
export type ExistingPrimaryConfig = Omit<ExistingBucketStoreProps, Shared | OriginSecrets>;

/** A MinIO server that is created. */
export type SecondaryConfig = Omit<
  MinioSecondaryStoreProps,
  Shared | OriginSecrets | "dnsProvider" | "zoneName" | "zoneId"
>;

/** A store that exists. */
export type ExistingSecondaryConfig = EndpointStoreProps;

/** The replicator, but for the stores and the host name. */
export interface ReplicationConfig
  extends Omit<ReplicatorProps, "provider" | "tags" | "primary" | "secondary" | "hostname"> {
  /**
   * AWS region that the replicator runs in.
   *
   * @default - the primary's region
   */
  readonly region?: string;
}

/** The edge, but for what it shares with others. */
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

/** The whole system in one object. */
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
  /**
   * The S3 bucket that is created.
   *
   * @default - `existingPrimary` is given
   */
  readonly primary?: PrimaryConfig;
  /**
   * In the place of `primary`: a bucket that exists, to which nothing is added that is not asked for.
   *
   * @default - `primary` is given
   */
  readonly existingPrimary?: ExistingPrimaryConfig;
  /**
   * The MinIO server that is created.
   *
   * @default - `existingSecondary` is given
   */
  readonly secondary?: SecondaryConfig;
  /**
   * In the place of `secondary`: any S3-compatible store that exists. The stack `secondary` is empty then.
   *
   * @default - `secondary` is given
   */
  readonly existingSecondary?: ExistingSecondaryConfig;
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
   * Recovery time and data loss that were promised. Synthesis is refused when the configuration cannot keep them.
   *
   * @default - not checked
   */
  readonly objectives?: Objectives;
  /**
   * Whether the stores answer only anonymous requests that carry a secret, which the edge sends to both.
   * Its value is the sensitive variable `origin_secret` of the stacks `primary` and `edge`: set `TF_VAR_origin_secret`. The
   * droplet learns it by `storage-failover enroll`, because user data is no place for a secret.
   *
   * @default false
   */
  readonly useOriginSecret?: boolean;
  /**
   * While the secret is being changed: whether the primary accepts the one before too, which is the sensitive variable
   * `previous_origin_secret` of the stack `primary`.
   *
   * @default false
   */
  readonly acceptPreviousOriginSecret?: boolean;
  /**
   * Versions of Terraform's providers other than those that the bindings were made from.
   *
   * @default - exactly those
   */
  readonly providerVersions?: ProviderVersions;
  /**
   * Rules of the plan that may be broken, each with its reason.
   *
   * @default - none: `addFailoverChecks` holds every stack against all of them
   */
  readonly checkExceptions?: readonly PlanException[];
  /**
   * Days of the longest outage to be survived, 1 to 3650. The stores that are created keep old versions a week longer: whichever
   * is active, they prove what was deleted and what was written over while the other was away.
   *
   * @default 30
   */
  readonly longestOutageDays?: number;
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
