import type { S3Bucket } from "@cdktf/provider-aws/lib/s3-bucket";
import { S3BucketLifecycleConfiguration } from "@cdktf/provider-aws/lib/s3-bucket-lifecycle-configuration";
import type { S3BucketObjectLockConfigurationA } from "@cdktf/provider-aws/lib/s3-bucket-object-lock-configuration";
import { S3BucketPolicy } from "@cdktf/provider-aws/lib/s3-bucket-policy";
import type { S3BucketVersioningA } from "@cdktf/provider-aws/lib/s3-bucket-versioning";
import { Construct } from "constructs";
import { lifecycleRules } from "./bucket-lifecycle";
import { createObjectLock, type ObjectLockMode } from "./object-lock";
import { tlsStatements } from "./policy-statements";
import { createPrivateBucket, type PrivateBucketProps } from "./private-bucket";

export interface ReplicaBucketProps extends PrivateBucketProps {
  readonly longestOutageDays?: number;
  readonly objectLock?: { readonly days: number; readonly mode?: ObjectLockMode };
}

/** A bucket that only the account's own roles can read, over TLS, and that forgets as late as the one it copies. */
export class ReplicaBucket extends Construct {
  public readonly bucket: S3Bucket;
  public readonly versioning: S3BucketVersioningA;
  public readonly objectLock?: S3BucketObjectLockConfigurationA;

  constructor(scope: Construct, id: string, props: ReplicaBucketProps) {
    super(scope, id);
    const { bucket, target, publicAccessBlock, versioning } = createPrivateBucket(this, props);
    this.bucket = bucket;
    this.versioning = versioning;

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
