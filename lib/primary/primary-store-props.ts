import type { TerraformProvider } from "cdktf";
import { checkAwsTags } from "../private/aws-tags";
import { checkBucketName } from "../private/bucket-name";
import { checkKnownAtSynth } from "../private/known-at-synth";
import { checkKinds } from "../private/prop-kinds";
import { type AccessLogProps, checkAccessLog } from "./access-log";
import { checkAwsRegion } from "./aws-region";
import { type BucketLifecycleProps, checkBucketLifecycle } from "./bucket-lifecycle";
import { checkInventory, type InventoryProps } from "./inventory";
import { checkObjectLock, type ObjectLockProps } from "./object-lock";
import { S3_PRIMARY_STORE_KINDS } from "./prop-kinds";
import { type CloudfrontSettings, checkReadAccess, type ReadAccessProps } from "./read-access";
import { checkReplica, type ReplicaPlace, type ReplicaProps } from "./replica-props";

export interface S3PrimaryStoreProps
  extends ReadAccessProps,
    BucketLifecycleProps,
    ObjectLockProps,
    AccessLogProps,
    InventoryProps,
    ReplicaProps {
  /** 3 to 63 lower-case letters, digits and hyphens; no dots. */
  readonly bucketName: string;
  /** AWS region of the bucket, as in `eu-central-1`. */
  readonly region: string;
  /**
   * Whether Terraform refuses to destroy the bucket, and its copy in a second region.
   *
   * @default true
   */
  readonly protectFromDestroy?: boolean;
  /**
   * Tags of the bucket, and of what else there is that takes tags.
   *
   * @default - the provider's default tags only
   */
  readonly tags?: Readonly<Record<string, string>>;
  /** @default - the stack's only `aws` provider */
  readonly provider?: TerraformProvider;
}

/** What is created beside the bucket, once it is known to be asked for. */
export interface PrimaryStoreParts {
  readonly cloudfront?: CloudfrontSettings;
  readonly replica?: ReplicaPlace;
}

/**
 * @param constructPath the names of props are added to it
 * @throws ConfigurationError BUCKET_NAME_HAS_DOT, BUCKET_NAME_INVALID, VALUE_INVALID, NUMBER_OUT_OF_RANGE, SECRET_LITERAL
 */
export function checkPrimaryStoreProps(props: S3PrimaryStoreProps, constructPath: string): PrimaryStoreParts {
  const path = (prop: keyof S3PrimaryStoreProps) => `${constructPath}/${prop}`;
  checkKinds(props, S3_PRIMARY_STORE_KINDS, constructPath);
  checkKnownAtSynth(props.bucketName, path("bucketName"));
  checkBucketName(props.bucketName, path("bucketName"));
  checkKnownAtSynth(props.region, path("region"));
  checkAwsRegion(props.region, path("region"));
  checkAwsTags(props.tags, path("tags"));
  checkBucketLifecycle(props, path);
  checkObjectLock(props, path);
  checkAccessLog(props, props.bucketName, path);
  checkInventory(props, props.bucketName, path);
  return {
    cloudfront: checkReadAccess(props, props.region, path),
    replica: checkReplica(props, props, path),
  };
}
