import { S3Bucket } from "@cdktf/provider-aws/lib/s3-bucket";
import { S3BucketLifecycleConfiguration } from "@cdktf/provider-aws/lib/s3-bucket-lifecycle-configuration";
import type { S3BucketObjectLockConfigurationA } from "@cdktf/provider-aws/lib/s3-bucket-object-lock-configuration";
import { S3BucketOwnershipControls } from "@cdktf/provider-aws/lib/s3-bucket-ownership-controls";
import { S3BucketPolicy } from "@cdktf/provider-aws/lib/s3-bucket-policy";
import { S3BucketPublicAccessBlock } from "@cdktf/provider-aws/lib/s3-bucket-public-access-block";
import { S3BucketVersioningA } from "@cdktf/provider-aws/lib/s3-bucket-versioning";
import type { TerraformProvider } from "cdktf";
import { Construct } from "constructs";
import { createEncryption } from "./bucket-encryption";
import { lifecycleRules } from "./bucket-lifecycle";
import type { BucketTarget } from "./bucket-target";
import { createObjectLock, type ObjectLockMode } from "./object-lock";
import { tlsStatements } from "./policy-statements";

export interface ReplicaBucketProps {
  readonly bucketName: string;
  readonly region: string;
  readonly keyArn?: string;
  readonly longestOutageDays?: number;
  readonly objectLock?: { readonly days: number; readonly mode?: ObjectLockMode };
  readonly protectFromDestroy: boolean;
  readonly tags?: Readonly<Record<string, string>>;
  readonly provider?: TerraformProvider;
}

/** A bucket that only the account's own roles can read, over TLS, and that forgets as late as the one it copies. */
export class ReplicaBucket extends Construct {
  public readonly bucket: S3Bucket;
  public readonly versioning: S3BucketVersioningA;
  public readonly objectLock?: S3BucketObjectLockConfigurationA;

  constructor(scope: Construct, id: string, props: ReplicaBucketProps) {
    super(scope, id);
    const { region, provider } = props;

    this.bucket = new S3Bucket(this, "bucket", {
      bucket: props.bucketName,
      region,
      tags: props.tags,
      provider,
      lifecycle: { preventDestroy: props.protectFromDestroy },
    });
    const target: BucketTarget = { bucket: this.bucket.bucket, region, provider };

    const publicAccessBlock = new S3BucketPublicAccessBlock(this, "public-access-block", {
      ...target,
      blockPublicAcls: true,
      blockPublicPolicy: true,
      ignorePublicAcls: true,
      restrictPublicBuckets: true,
    });
    new S3BucketOwnershipControls(this, "ownership", {
      ...target,
      rule: { objectOwnership: "BucketOwnerEnforced" },
    });
    this.versioning = new S3BucketVersioningA(this, "versioning", {
      ...target,
      versioningConfiguration: { status: "Enabled" },
    });
    createEncryption(this, "encryption", target, props.keyArn);
    new S3BucketPolicy(this, "policy", {
      ...target,
      policy: JSON.stringify({
        Version: "2012-10-17",
        Statement: tlsStatements(`arn:aws:s3:::${props.bucketName}`),
      }),
      dependsOn: [publicAccessBlock],
    });
    new S3BucketLifecycleConfiguration(this, "lifecycle", {
      ...target,
      rule: lifecycleRules({ longestOutageDays: props.longestOutageDays }),
      dependsOn: [this.versioning],
    });
    if (props.objectLock !== undefined) {
      this.objectLock = createObjectLock(this, "object-lock", target, props.objectLock, [this.versioning]);
    }
  }
}
