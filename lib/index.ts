export type { DeletionMode, S3ClientName } from "../contract/environment";
export { type FenceParts, fenceSeconds, MARKER_TTL_SECONDS, markerRecordName } from "../contract/marker";
export { STACK_NAMES, type StackName } from "../contract/stacks";
export { otherStore, STORE_NAMES, type StoreName } from "../contract/stores";
export {
  ACTIVE_PROVIDER_CONTEXT,
  ACTIVE_PROVIDER_VARIABLE,
  type ActiveProvider,
  type ActiveProviderCandidates,
  type ActiveProviderSource,
  type ResolvedActiveProvider,
  resolveActiveProvider,
} from "./active-provider";
export type { PlanException } from "./checks/check-plan";
export { addFailoverChecks, type FailoverChecksOptions } from "./checks/failover-checks";
export { PLAN_RULES, type PlanRuleId } from "./checks/plan-rules";
export { ConfigurationError, type ConfigurationProblem } from "./configuration-error";
export {
  CONFIGURATION_ERROR_CODES,
  CONFIGURATION_ERRORS,
  type ConfigurationErrorCode,
  type ConfigurationErrorMeaning,
} from "./configuration-error-codes";
export { checkObjectives, type ObjectiveInputs, type Objectives } from "./declared-objectives";
export { CHECK_REGIONS, type CheckRegion } from "./edge/check-regions";
export type { EdgeCacheProps } from "./edge/edge-cache";
export {
  type CacheRuleOptions,
  cacheBypassRule,
  cacheRule,
  indexRewriteRule,
  originSecretRule,
  stampRemovalRule,
} from "./edge/edge-rules";
export { FailoverLoadBalancer, type FailoverLoadBalancerProps } from "./edge/failover-load-balancer";
export type { HealthNotifications } from "./edge/health-notifications";
export type { MarkerRecord } from "./edge/marker-record";
export type { MonitorTimingsProps } from "./edge/monitor-timings";
export type { NotificationProps } from "./edge/notification-targets";
export { CLOUDFLARE_PLANS, type CloudflarePlan, PLAN_LIMITS, type PlanLimits } from "./edge/plan-limits";
export type { ReaderRegion, RegionPools } from "./edge/region-pools";
export { SESSION_AFFINITIES, type SessionAffinity, type SessionAffinityProps } from "./edge/session-affinity";
export type { StorePool } from "./edge/store-pool";
export type { ZoneRules } from "./edge/zone-rules";
export type { AddressStyle, ObjectStore } from "./object-store";
export {
  type MonitorTimings,
  OUTAGE_KINDS,
  type OutageKind,
  predictDataAtRisk,
  predictDetection,
  predictRecoveryTime,
  predictReturn,
  type Range,
  type RecoveryTimings,
  type ReplicationTimings,
} from "./objectives";
export type { AccessLogProps } from "./primary/access-log";
export {
  ARCHIVE_STORAGE_CLASSES,
  type ArchiveStorageClass,
  type BucketLifecycleProps,
} from "./primary/bucket-lifecycle";
export type { CloudfrontReadAccess } from "./primary/cloudfront-read-access";
export type { CrossRegionReplica } from "./primary/cross-region-replica";
export type { ExistingBucketStore, ExistingBucketStoreProps } from "./primary/existing-bucket-store";
export { INVENTORY_FREQUENCIES, type InventoryFrequency, type InventoryProps } from "./primary/inventory";
export { OBJECT_LOCK_MODES, type ObjectLockMode, type ObjectLockProps } from "./primary/object-lock";
export { ORIGIN_ACCESSES, type OriginAccess, type ReadAccessProps } from "./primary/read-access";
export {
  REPLICA_STORAGE_CLASSES,
  type ReplicaProps,
  type ReplicaStorageClass,
} from "./primary/replica-props";
export { S3PrimaryStore, type S3PrimaryStoreProps } from "./primary/s3-primary-store";
export type { ProviderVersions } from "./provider-versions";
export { Replicator, type ReplicatorProps } from "./replication/replicator";
export type { ReplicatorAlarms } from "./replication/replicator-alarms";
export type { ReplicatorEvents } from "./replication/replicator-events";
export type { ReplicatorFanOut } from "./replication/replicator-fan-out";
export type { ReplicatorWatchingProps } from "./replication/watching-props";
export type { EndpointStoreProps } from "./secondary/endpoint-store";
export { MinioSecondaryStore, type MinioSecondaryStoreProps } from "./secondary/minio-secondary-store";
export type { StandbyAlerts } from "./secondary/standby-alerts";
export {
  type LocalStateProps,
  type R2StateProps,
  type S3StateProps,
  StateBackend,
  type TerraformCloudStateProps,
} from "./state-backend";
export { StorageFailover } from "./storage-failover";
export type {
  EdgeConfig,
  ExistingPrimaryConfig,
  ExistingSecondaryConfig,
  PrimaryConfig,
  ReplicationConfig,
  SecondaryConfig,
  StorageFailoverProps,
} from "./storage-failover-props";
