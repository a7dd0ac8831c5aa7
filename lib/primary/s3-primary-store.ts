import type { S3Bucket } from "@cdktf/provider-aws/lib/s3-bucket";
import type { S3BucketInventory } from "@cdktf/provider-aws/lib/s3-bucket-inventory";
import { S3BucketLifecycleConfiguration } from "@cdktf/provider-aws/lib/s3-bucket-lifecycle-configuration";
import type { S3BucketLoggingA } from "@cdktf/provider-aws/lib/s3-bucket-logging";
import { S3BucketNotification } from "@cdktf/provider-aws/lib/s3-bucket-notification";
import type { S3BucketObjectLockConfigurationA } from "@cdktf/provider-aws/lib/s3-bucket-object-lock-configuration";
import type { S3BucketOwnershipControls } from "@cdktf/provider-aws/lib/s3-bucket-ownership-controls";
import { S3BucketPolicy } from "@cdktf/provider-aws/lib/s3-bucket-policy";
import type { S3BucketPublicAccessBlock } from "@cdktf/provider-aws/lib/s3-bucket-public-access-block";
import type { S3BucketServerSideEncryptionConfigurationA } from "@cdktf/provider-aws/lib/s3-bucket-server-side-encryption-configuration";
import type { S3BucketVersioningA } from "@cdktf/provider-aws/lib/s3-bucket-versioning";
import type { S3Object } from "@cdktf/provider-aws/lib/s3-object";
import { Annotations } from "cdktf";
import { Construct } from "constructs";
import { HEALTH_KEY, healthBody } from "../../contract/state-keys";
import type { AddressStyle, ObjectStore } from "../object-store";
import { createAccessLog } from "./access-log";
import { lifecycleRules } from "./bucket-lifecycle";
import type { BucketTarget } from "./bucket-target";
import { CloudfrontReadAccess } from "./cloudfront-read-access";
import { CrossRegionReplica } from "./cross-region-replica";
import { ExistingBucketStore, type ExistingBucketStoreProps } from "./existing-bucket-store";
import { createHealthObject } from "./health-object";
import { createInventory } from "./inventory";
import { createObjectLock, type ObjectLockProps } from "./object-lock";
import { primaryBucketPolicy } from "./primary-bucket-policy";
import { checkPrimaryStoreProps, type S3PrimaryStoreProps } from "./primary-store-props";
import { createPrivateBucket } from "./private-bucket";
import { type CloudfrontSettings, originSecretsOf } from "./read-access";
import type { ReplicaPlace } from "./replica-props";
import { bucketHost, s3Endpoint } from "./s3-host";

export type { S3PrimaryStoreProps } from "./primary-store-props";

/**
 * The primary: a private, versioned and encrypted S3 bucket that Cloudflare may read and nobody may list.
 *
 * @throws ConfigurationError BUCKET_NAME_HAS_DOT, BUCKET_NAME_INVALID, VALUE_INVALID, NUMBER_OUT_OF_RANGE, SECRET_LITERAL
 */
export class S3PrimaryStore extends Construct implements ObjectStore {
  /**
   * A bucket that exists, as primary: nothing of it is changed but what is asked for.
   *
   * @throws ConfigurationError BUCKET_NAME_HAS_DOT, BUCKET_NAME_INVALID, VALUE_INVALID, SECRET_LITERAL
   */
  public static fromBucket(
    scope: Construct,
    id: string,
    props: ExistingBucketStoreProps,
  ): ExistingBucketStore {
    return new ExistingBucketStore(scope, id, props);
  }

  public readonly storeName = "primary";
  public readonly bucketName: string;
  public readonly region: string;
  public readonly endpoint: string;
  public readonly addressStyle: AddressStyle = "virtual";
  public readonly originHost: string;
  public readonly versioned = true;
  public readonly encryptionKeyArn?: string;
  public readonly healthPath = `/${HEALTH_KEY}`;
  public readonly healthBody = healthBody("primary");

  public readonly bucket: S3Bucket;
  public readonly publicAccessBlock: S3BucketPublicAccessBlock;
  public readonly ownershipControls: S3BucketOwnershipControls;
  public readonly versioning: S3BucketVersioningA;
  public readonly encryption: S3BucketServerSideEncryptionConfigurationA;
  public readonly policy: S3BucketPolicy;
  public readonly lifecycle: S3BucketLifecycleConfiguration;
  /** Sends the bucket's events to EventBridge, so that a rule elsewhere can use them without a change here. */
  public readonly notification: S3BucketNotification;
  /** What the monitors read. */
  public readonly healthObject: S3Object;
  /** The distribution between Cloudflare and the bucket, with `originAccess: "cloudfront"`. */
  public readonly cloudfront?: CloudfrontReadAccess;
  /** The copy in a second region, with `replicaBucketName`. */
  public readonly crossRegionReplica?: CrossRegionReplica;
  /** With `objectLockDays`. */
  public readonly objectLock?: S3BucketObjectLockConfigurationA;
  /** With `accessLogBucketName`. */
  public readonly accessLog?: S3BucketLoggingA;
  /** With `inventoryBucketName`. */
  public readonly inventory?: S3BucketInventory;

  constructor(scope: Construct, id: string, props: S3PrimaryStoreProps) {
    super(scope, id);
    const { cloudfront, replica } = checkPrimaryStoreProps(props, this.node.path);
    const host = bucketHost(props);

    this.bucketName = props.bucketName;
    this.region = props.region;
    this.endpoint = s3Endpoint(props.region);
    this.originHost = cloudfront?.alias ?? host;
    this.encryptionKeyArn = props.encryptionKeyArn;

    const { target, ...created } = createPrivateBucket(this, {
      ...props,
      keyArn: props.encryptionKeyArn,
      protectFromDestroy: props.protectFromDestroy ?? true,
    });
    this.bucket = created.bucket;
    this.publicAccessBlock = created.publicAccessBlock;
    this.ownershipControls = created.ownershipControls;
    this.versioning = created.versioning;
    this.encryption = created.encryption;
    this.cloudfront = this.createCloudfront(host, cloudfront, props);
    this.policy = new S3BucketPolicy(this, "policy", {
      ...target,
      policy: primaryBucketPolicy({
        bucketName: props.bucketName,
        originSecrets: originSecretsOf(props),
        distributionArn: this.cloudfront?.distribution.arn,
      }),
      // AWS judges whether a policy is public at the moment it is put.
      dependsOn: [this.publicAccessBlock],
    });
    this.lifecycle = new S3BucketLifecycleConfiguration(this, "lifecycle", {
      ...target,
      rule: lifecycleRules(props),
      dependsOn: [this.versioning],
    });
    this.notification = new S3BucketNotification(this, "notification", { ...target, eventbridge: true });
    this.crossRegionReplica = this.createReplica(replica, props);
    this.objectLock = this.createLock(target, props);
    this.healthObject = createHealthObject(this, target, this.healthBody, [
      this.versioning,
      this.encryption,
      this.ownershipControls,
    ]);
    if (props.accessLogBucketName !== undefined) {
      this.accessLog = createAccessLog(this, target, props.accessLogBucketName, props.accessLogPrefix);
    }
    if (props.inventoryBucketName !== undefined) {
      this.inventory = createInventory(this, target, props.inventoryBucketName, props);
    }
    this.warnOfEncryptionKey();
  }

  private createCloudfront(
    bucketHost: string,
    settings: CloudfrontSettings | undefined,
    props: S3PrimaryStoreProps,
  ): CloudfrontReadAccess | undefined {
    if (settings === undefined) {
      return undefined;
    }
    return new CloudfrontReadAccess(this, "cloudfront", {
      ...settings,
      bucketName: props.bucketName,
      bucketHost,
      previousOriginSecret: props.previousOriginSecret,
      tags: props.tags,
      provider: props.provider,
    });
  }

  private createReplica(
    place: ReplicaPlace | undefined,
    props: S3PrimaryStoreProps,
  ): CrossRegionReplica | undefined {
    if (place === undefined) {
      return undefined;
    }
    return new CrossRegionReplica(this, "replica", {
      ...place,
      source: this.bucket,
      sourceVersioning: this.versioning,
      sourceBucketName: props.bucketName,
      sourceRegion: props.region,
      sourceKeyArn: props.encryptionKeyArn,
      keyArn: props.replicaEncryptionKeyArn,
      deleteMarkers: props.replicaDeleteMarkers ?? true,
      storageClass: props.replicaStorageClass ?? "STANDARD",
      longestOutageDays: props.longestOutageDays,
      objectLock: objectLockOf(props),
      protectFromDestroy: props.protectFromDestroy ?? true,
      tags: props.tags,
      provider: props.provider,
    });
  }

  private createLock(
    target: BucketTarget,
    props: S3PrimaryStoreProps,
  ): S3BucketObjectLockConfigurationA | undefined {
    const lock = objectLockOf(props);
    if (lock === undefined) {
      return undefined;
    }
    const replicaLock = this.crossRegionReplica?.objectLock;
    return createObjectLock(this, "object-lock", target, lock, [
      this.versioning,
      // S3 stops copying what the copy's bucket could not lock.
      ...(replicaLock === undefined ? [] : [replicaLock]),
    ]);
  }

  private warnOfEncryptionKey(): void {
    if (this.encryptionKeyArn === undefined) {
      return;
    }
    Annotations.of(this).addWarning(
      "objects encrypted with a key of yours have no MD5 as ETag: what is written to the secondary while it is active is not replicated back here, but reported as unsupported",
    );
  }
}

function objectLockOf({ objectLockDays, objectLockMode }: ObjectLockProps) {
  return objectLockDays === undefined ? undefined : { days: objectLockDays, mode: objectLockMode };
}
