import { S3Bucket } from "@cdktf/provider-aws/lib/s3-bucket";
import { S3BucketOwnershipControls } from "@cdktf/provider-aws/lib/s3-bucket-ownership-controls";
import { S3BucketPublicAccessBlock } from "@cdktf/provider-aws/lib/s3-bucket-public-access-block";
import { S3BucketVersioningA } from "@cdktf/provider-aws/lib/s3-bucket-versioning";
import type { TerraformProvider } from "cdktf";
import type { Construct } from "constructs";
import { createEncryption } from "./bucket-encryption";
import type { BucketTarget } from "./bucket-target";

export interface PrivateBucketProps {
  readonly bucketName: string;
  readonly region: string;
  /** ARN of the customer's key; absent: S3's own. */
  readonly keyArn?: string;
  readonly protectFromDestroy: boolean;
  readonly tags?: Readonly<Record<string, string>>;
  readonly provider?: TerraformProvider;
}

/** A bucket that is private, versioned, encrypted and owned by the account, directly in `scope`, whose ids are public. */
export function createPrivateBucket(scope: Construct, props: PrivateBucketProps) {
  const { region, provider } = props;
  const bucket = new S3Bucket(scope, "bucket", {
    bucket: props.bucketName,
    region,
    tags: props.tags,
    provider,
    lifecycle: { preventDestroy: props.protectFromDestroy },
  });
  const target: BucketTarget = { bucket: bucket.bucket, region, provider };
  const publicAccessBlock = new S3BucketPublicAccessBlock(scope, "public-access-block", {
    ...target,
    blockPublicAcls: true,
    blockPublicPolicy: true,
    ignorePublicAcls: true,
    restrictPublicBuckets: true,
  });
  const ownershipControls = new S3BucketOwnershipControls(scope, "ownership", {
    ...target,
    rule: { objectOwnership: "BucketOwnerEnforced" },
  });
  const versioning = new S3BucketVersioningA(scope, "versioning", {
    ...target,
    versioningConfiguration: { status: "Enabled" },
  });
  const encryption = createEncryption(scope, "encryption", target, props.keyArn);
  return { bucket, target, publicAccessBlock, ownershipControls, versioning, encryption };
}
