import { S3BucketNotification } from "@cdktf/provider-aws/lib/s3-bucket-notification";
import { S3BucketPolicy } from "@cdktf/provider-aws/lib/s3-bucket-policy";
import type { S3Object } from "@cdktf/provider-aws/lib/s3-object";
import type { TerraformProvider } from "cdktf";
import { Construct } from "constructs";
import { HEALTH_KEY, healthBody } from "../../contract/state-keys";
import type { AddressStyle, ObjectStore } from "../object-store";
import { checkBucketName } from "../private/bucket-name";
import { checkHealthBody, checkHealthPath } from "../private/health-settings";
import { checkHostName } from "../private/host-name";
import { checkKeyArn } from "../private/key-arn";
import { checkKnownAtSynth } from "../private/known-at-synth";
import { checkKinds } from "../private/prop-kinds";
import { invalid, withoutEffect } from "../private/refusals";
import { checkAwsRegion } from "./aws-region";
import type { BucketTarget } from "./bucket-target";
import { createHealthObject } from "./health-object";
import { primaryBucketPolicy } from "./primary-bucket-policy";
import { EXISTING_BUCKET_STORE_KINDS } from "./prop-kinds";
import { checkOriginSecrets, checkSecretRotation, originSecretsOf } from "./read-access";
import { bucketHost, s3Endpoint } from "./s3-host";

export interface ExistingBucketStoreProps {
  /** 3 to 63 lower-case letters, digits and hyphens; no dots, which certificates for S3 host names do not cover. */
  readonly bucketName: string;
  /** AWS region of the bucket, as in `eu-central-1`. */
  readonly region: string;
  /**
   * Whether the bucket keeps old versions. Required, because nothing here finds out: replication deletes nothing, and
   * undoes nothing, in a bucket that keeps none.
   */
  readonly versioned: boolean;
  /**
   * Host name that serves reads as `https://<originHost>/<key>` to Cloudflare, such as a distribution's of yours.
   *
   * @default - the bucket's own, `<bucketName>.s3.<region>.amazonaws.com`
   */
  readonly originHost?: string;
  /**
   * ARN of the KMS key that encrypts the bucket's objects; it is told to other stacks, and nothing is done with it here.
   * It needs an `originHost` that signs its reads. What it means for replication stands at the same prop of `S3PrimaryStore`.
   *
   * @default - S3's own keys encrypt
   */
  readonly encryptionKeyArn?: string;
  /**
   * Whether the object that the monitors read is put into the bucket, as `storage-failover-health.txt`. If not, say
   * with `healthPath` and `healthBody` what they read.
   *
   * @default false
   */
  readonly createHealthObject?: boolean;
  /**
   * Path of an object that exists and answers the monitors, with a leading slash. Given together with `healthBody`.
   *
   * @default - required unless `createHealthObject`
   */
  readonly healthPath?: string;
  /**
   * Text that this object contains, at least: one line of up to 256 characters, best one that no other store's has.
   *
   * @default - required unless `createHealthObject`
   */
  readonly healthBody?: string;
  /**
   * Whether the bucket gets the policy of a store made by `S3PrimaryStore`: Cloudflare reads, over TLS 1.2 or newer, and
   * nobody reads replication's state. **It replaces the policy that the bucket has.** Without it, let Cloudflare's networks
   * or your distribution get objects, and keep others from keys that begin with `.storage-failover/`.
   *
   * @default false
   */
  readonly manageReadPolicy?: boolean;
  /**
   * With `manageReadPolicy`: secret that Cloudflare sends as `Referer`, a reference to a sensitive variable.
   *
   * @default - reads are limited to Cloudflare's addresses only
   */
  readonly originSecret?: string;
  /**
   * The secret before a rotation, accepted beside `originSecret`.
   *
   * @default - only `originSecret` is accepted
   */
  readonly previousOriginSecret?: string;
  /**
   * Whether the bucket is made to send its events to EventBridge, which a replicator with `events` needs. **It replaces
   * the notifications that the bucket has**, those to queues, topics and functions too.
   *
   * @default false
   */
  readonly sendEvents?: boolean;
  /** @default - the stack's only `aws` provider */
  readonly provider?: TerraformProvider;
}

/**
 * A bucket that somebody else made and keeps, as primary: what the edge and replication must know of it, and no more than was
 * asked for. Its encryption, versioning, lifecycle and public-access settings are left as they are.
 *
 * @throws ConfigurationError BUCKET_NAME_HAS_DOT, BUCKET_NAME_INVALID, VALUE_INVALID, SECRET_LITERAL
 */
export class ExistingBucketStore extends Construct implements ObjectStore {
  public readonly storeName = "primary";
  public readonly bucketName: string;
  public readonly region: string;
  public readonly endpoint: string;
  public readonly addressStyle: AddressStyle = "virtual";
  public readonly originHost: string;
  public readonly versioned: boolean;
  public readonly encryptionKeyArn?: string;
  public readonly healthPath: string;
  public readonly healthBody: string;

  /** With `manageReadPolicy`. */
  public readonly policy?: S3BucketPolicy;
  /** With `sendEvents`. */
  public readonly notification?: S3BucketNotification;
  /** With `createHealthObject`. */
  public readonly healthObject?: S3Object;

  constructor(scope: Construct, id: string, props: ExistingBucketStoreProps) {
    super(scope, id);
    this.checkProps(props);

    this.bucketName = props.bucketName;
    this.region = props.region;
    this.endpoint = s3Endpoint(props.region);
    this.originHost = props.originHost ?? bucketHost(props);
    this.versioned = props.versioned;
    this.encryptionKeyArn = props.encryptionKeyArn;
    this.healthPath = props.healthPath ?? `/${HEALTH_KEY}`;
    this.healthBody = props.healthBody ?? healthBody("primary");

    const target: BucketTarget = {
      bucket: props.bucketName,
      region: props.region,
      provider: props.provider,
    };
    if (props.manageReadPolicy) {
      this.policy = new S3BucketPolicy(this, "policy", {
        ...target,
        policy: primaryBucketPolicy({
          bucketName: props.bucketName,
          originSecrets: originSecretsOf(props),
        }),
      });
    }
    if (props.sendEvents) {
      this.notification = new S3BucketNotification(this, "notification", { ...target, eventbridge: true });
    }
    if (props.createHealthObject) {
      this.healthObject = createHealthObject(this, target, this.healthBody);
    }
  }

  private checkProps(props: ExistingBucketStoreProps): void {
    const path = (prop: keyof ExistingBucketStoreProps) => `${this.node.path}/${prop}`;
    checkKinds(props, EXISTING_BUCKET_STORE_KINDS, this.node.path);
    checkKnownAtSynth(props.bucketName, path("bucketName"));
    checkBucketName(props.bucketName, path("bucketName"));
    checkKnownAtSynth(props.region, path("region"));
    checkAwsRegion(props.region, path("region"));
    if (props.originHost !== undefined) {
      checkKnownAtSynth(props.originHost, path("originHost"));
      checkHostName(props.originHost, path("originHost"));
    }
    if (props.encryptionKeyArn !== undefined) {
      checkKnownAtSynth(props.encryptionKeyArn, path("encryptionKeyArn"));
      checkKeyArn(props.encryptionKeyArn, path("encryptionKeyArn"), props.region);
    }
    checkOrigin(props, path);
    checkHealth(props, path);
    checkReadPolicy(props, path);
  }
}

type PathOf = (prop: keyof ExistingBucketStoreProps) => string;

function checkHealth(props: ExistingBucketStoreProps, path: PathOf): void {
  for (const prop of ["healthPath", "healthBody"] as const) {
    const value = props[prop];
    if (props.createHealthObject) {
      if (value !== undefined) {
        throw invalid({
          path: path(prop),
          what: "the health object that is created has a path and a text of its own",
          value,
          allowed: "none, with createHealthObject",
          fix: `leave ${prop} away, or createHealthObject`,
        });
      }
    } else if (value === undefined) {
      throw invalid({
        path: path(prop),
        what: "nothing says what the monitors read, so that they would find this store unhealthy",
        value,
        allowed: "healthPath and healthBody of an object that exists, or createHealthObject",
        fix: "set createHealthObject to true, or give both",
      });
    } else {
      checkKnownAtSynth(value, path(prop));
    }
  }
  if (props.healthPath !== undefined) checkHealthPath(props.healthPath, path("healthPath"));
  if (props.healthBody !== undefined) checkHealthBody(props.healthBody, path("healthBody"));
}

/** The bucket's own host name is read without a signature. */
function checkOrigin(props: ExistingBucketStoreProps, path: PathOf): void {
  if (props.encryptionKeyArn === undefined || (props.originHost ?? bucketHost(props)) !== bucketHost(props)) {
    return;
  }
  throw invalid({
    path: path("originHost"),
    what: "Cloudflare reads the bucket itself without signing, and S3 refuses such reads of objects that are encrypted with a customer's key",
    value: props.originHost,
    allowed: "with an encryptionKeyArn, the host name of a distribution that signs",
    fix: 'give a distribution that signs as originHost, as in "cdn.example.com"',
  });
}

function checkReadPolicy(props: ExistingBucketStoreProps, path: PathOf): void {
  checkOriginSecrets(props, path);
  if (!props.manageReadPolicy) {
    for (const prop of ["originSecret", "previousOriginSecret"] as const) {
      if (props[prop] !== undefined) {
        throw withoutEffect(path(prop), "(hidden)", "manageReadPolicy");
      }
    }
    return;
  }
  checkSecretRotation(props, path);
  if (props.originHost !== undefined && props.originHost !== bucketHost(props)) {
    throw invalid({
      path: path("manageReadPolicy"),
      what: "the policy would let Cloudflare read the bucket itself and nobody else, while reads go through another host",
      value: true,
      allowed: "true only without an originHost of your own",
      fix: `leave manageReadPolicy away, and let ${props.originHost} read the bucket by a policy of yours`,
    });
  }
}
