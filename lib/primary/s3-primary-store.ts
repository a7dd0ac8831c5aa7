import { S3Bucket } from "@cdktf/provider-aws/lib/s3-bucket";
import { S3BucketLifecycleConfiguration } from "@cdktf/provider-aws/lib/s3-bucket-lifecycle-configuration";
import { S3BucketNotification } from "@cdktf/provider-aws/lib/s3-bucket-notification";
import { S3BucketOwnershipControls } from "@cdktf/provider-aws/lib/s3-bucket-ownership-controls";
import { S3BucketPolicy } from "@cdktf/provider-aws/lib/s3-bucket-policy";
import { S3BucketPublicAccessBlock } from "@cdktf/provider-aws/lib/s3-bucket-public-access-block";
import { S3BucketServerSideEncryptionConfigurationA } from "@cdktf/provider-aws/lib/s3-bucket-server-side-encryption-configuration";
import { S3BucketVersioningA } from "@cdktf/provider-aws/lib/s3-bucket-versioning";
import { S3Object } from "@cdktf/provider-aws/lib/s3-object";
import type { TerraformProvider } from "cdktf";
import { Construct } from "constructs";
import { HEALTH_KEY, healthBody } from "../../contract/state-keys";
import type { AddressStyle, ObjectStore } from "../object-store";
import { checkBucketName } from "../private/bucket-name";
import { checkKnownAtSynth } from "../private/known-at-synth";
import { checkSecretReference } from "../private/secret-reference";
import { checkWholeNumber } from "../private/whole-number";
import { checkAwsRegion } from "./aws-region";
import { primaryBucketPolicy } from "./primary-bucket-policy";

/** Days by which old versions outlive the longest outage: time to notice, and to finish catching up. */
const NONCURRENT_MARGIN_DAYS = 7;

/** Days after which the parts of an upload that nobody completed are removed. */
const INCOMPLETE_UPLOAD_DAYS = 7;

export interface S3PrimaryStoreProps {
  /** 3 to 63 lower-case letters, digits and hyphens; no dots. */
  readonly bucketName: string;
  /** AWS region of the bucket, as in `eu-central-1`. */
  readonly region: string;
  /**
   * Days of the longest outage to be survived. Old versions are kept a week longer: they prove what was deleted and
   * what was written over while the other store was away.
   *
   * @default 30
   */
  readonly longestOutageDays?: number;
  /**
   * Secret that Cloudflare sends as `Referer`: a reference to a sensitive variable. Cloudflare's addresses are shared by
   * all of its customers; this tells yours apart. It is in Terraform's state by nature: encrypt the state.
   *
   * @default - reads are limited to Cloudflare's addresses only
   */
  readonly originSecret?: string;
  /**
   * The secret before a rotation, accepted beside `originSecret` until the edge sends the new one.
   *
   * @default - only `originSecret` is accepted
   */
  readonly previousOriginSecret?: string;
  /**
   * Whether Terraform refuses to destroy the bucket.
   *
   * @default true
   */
  readonly protectFromDestroy?: boolean;
  /**
   * Tags of the bucket.
   *
   * @default - the provider's default tags only
   */
  readonly tags?: Readonly<Record<string, string>>;
  /** @default - the stack's only `aws` provider */
  readonly provider?: TerraformProvider;
}

/**
 * The primary: a private, versioned and encrypted S3 bucket that Cloudflare may read and nobody may list.
 *
 * @throws ConfigurationError BUCKET_NAME_HAS_DOT, BUCKET_NAME_INVALID, VALUE_INVALID, NUMBER_OUT_OF_RANGE, SECRET_LITERAL
 */
export class S3PrimaryStore extends Construct implements ObjectStore {
  public readonly storeName = "primary";
  public readonly bucketName: string;
  public readonly region: string;
  public readonly endpoint: string;
  public readonly addressStyle: AddressStyle = "virtual";
  public readonly originHost: string;
  public readonly versioned = true;
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

  constructor(scope: Construct, id: string, props: S3PrimaryStoreProps) {
    super(scope, id);
    this.checkProps(props);

    this.bucketName = props.bucketName;
    this.region = props.region;
    this.endpoint = `https://s3.${props.region}.amazonaws.com`;
    this.originHost = `${props.bucketName}.s3.${props.region}.amazonaws.com`;

    this.bucket = new S3Bucket(this, "bucket", {
      bucket: props.bucketName,
      region: props.region,
      tags: props.tags,
      provider: props.provider,
      lifecycle: { preventDestroy: props.protectFromDestroy ?? true },
    });
    // The region is said on every resource, so that a provider for another region cannot split the store in two.
    const target = { bucket: this.bucket.bucket, region: props.region, provider: props.provider };

    this.publicAccessBlock = new S3BucketPublicAccessBlock(this, "public-access-block", {
      ...target,
      blockPublicAcls: true,
      blockPublicPolicy: true,
      ignorePublicAcls: true,
      restrictPublicBuckets: true,
    });
    this.ownershipControls = new S3BucketOwnershipControls(this, "ownership", {
      ...target,
      rule: { objectOwnership: "BucketOwnerEnforced" },
    });
    this.versioning = new S3BucketVersioningA(this, "versioning", {
      ...target,
      versioningConfiguration: { status: "Enabled" },
    });
    this.encryption = new S3BucketServerSideEncryptionConfigurationA(this, "encryption", {
      ...target,
      // Not a customer key: anonymous reads of such objects fail.
      rule: [{ applyServerSideEncryptionByDefault: { sseAlgorithm: "AES256" } }],
    });
    this.policy = new S3BucketPolicy(this, "policy", {
      ...target,
      policy: primaryBucketPolicy({
        bucketName: props.bucketName,
        originSecrets: [props.originSecret, props.previousOriginSecret].filter(
          (secret) => secret !== undefined,
        ),
      }),
      // AWS judges whether a policy is public at the moment it is put.
      dependsOn: [this.publicAccessBlock],
    });
    this.lifecycle = this.createLifecycle(target, props.longestOutageDays ?? 30);
    this.notification = new S3BucketNotification(this, "notification", { ...target, eventbridge: true });
    this.healthObject = new S3Object(this, "health-object", {
      ...target,
      key: HEALTH_KEY,
      content: this.healthBody,
      contentType: "text/plain",
      cacheControl: "no-store",
      dependsOn: [this.versioning, this.encryption, this.ownershipControls],
    });
  }

  private checkProps(props: S3PrimaryStoreProps): void {
    const path = (prop: keyof S3PrimaryStoreProps) => `${this.node.path}/${prop}`;
    checkKnownAtSynth(props.bucketName, path("bucketName"));
    checkBucketName(props.bucketName, path("bucketName"));
    checkKnownAtSynth(props.region, path("region"));
    checkAwsRegion(props.region, path("region"));
    if (props.longestOutageDays !== undefined) {
      checkWholeNumber(
        props.longestOutageDays,
        { least: 1, most: 3650, unit: "days" },
        path("longestOutageDays"),
      );
    }
    for (const prop of ["originSecret", "previousOriginSecret"] as const) {
      const secret = props[prop];
      if (secret !== undefined) {
        checkSecretReference(secret, path(prop));
      }
    }
  }

  /** No rule removes delete markers: only a delete marker proves a deletion. */
  private createLifecycle(
    target: { bucket: string; region: string; provider?: TerraformProvider },
    longestOutageDays: number,
  ): S3BucketLifecycleConfiguration {
    return new S3BucketLifecycleConfiguration(this, "lifecycle", {
      ...target,
      rule: [
        {
          id: "keep-old-versions-through-an-outage",
          status: "Enabled",
          filter: [{ prefix: "" }],
          noncurrentVersionExpiration: [{ noncurrentDays: longestOutageDays + NONCURRENT_MARGIN_DAYS }],
        },
        {
          id: "remove-incomplete-uploads",
          status: "Enabled",
          filter: [{ prefix: "" }],
          abortIncompleteMultipartUpload: [{ daysAfterInitiation: INCOMPLETE_UPLOAD_DAYS }],
        },
      ],
      dependsOn: [this.versioning],
    });
  }
}
