import { useOfKeyByBucket } from "../private/bucket-key";
import { type PolicyStatement, trustPolicy } from "../private/role-policy";

/** What S3 needs to copy from one bucket to another in another region; each key only when the buckets are encrypted with one. */
export interface ReplicaRoleProps {
  readonly sourceBucketName: string;
  readonly sourceRegion: string;
  readonly replicaBucketName: string;
  readonly replicaRegion: string;
  readonly deleteMarkers: boolean;
  readonly objectLock: boolean;
  readonly sourceKeyArn?: string;
  readonly replicaKeyArn?: string;
}

/**
 * Lets S3 take the role, for this bucket of this account only. S3 does not promise to say on whose behalf it comes: where it
 * does, it must be this bucket.
 */
export function replicaTrustPolicy(sourceBucketName: string, accountId: string): string {
  return trustPolicy("s3.amazonaws.com", {
    StringEqualsIfExists: { "aws:SourceAccount": accountId },
    ArnLikeIfExists: { "aws:SourceArn": `arn:aws:s3:::${sourceBucketName}` },
  });
}

export function replicaStatements(props: ReplicaRoleProps): PolicyStatement[] {
  const sourceArn = `arn:aws:s3:::${props.sourceBucketName}`;
  const replicaArn = `arn:aws:s3:::${props.replicaBucketName}`;
  return [
    {
      Effect: "Allow",
      Action: ["s3:GetReplicationConfiguration", "s3:ListBucket"],
      Resource: [sourceArn],
    },
    {
      Effect: "Allow",
      Action: [
        "s3:GetObjectVersionForReplication",
        "s3:GetObjectVersionAcl",
        "s3:GetObjectVersionTagging",
        ...(props.objectLock ? ["s3:GetObjectRetention", "s3:GetObjectLegalHold"] : []),
      ],
      Resource: [`${sourceArn}/*`],
    },
    {
      Effect: "Allow",
      Action: [
        "s3:ReplicateObject",
        "s3:ReplicateTags",
        ...(props.deleteMarkers ? ["s3:ReplicateDelete"] : []),
      ],
      Resource: [`${replicaArn}/*`],
    },
    ...keyStatements(props),
  ];
}

/** A bucket key of the copy's is verified before it encrypts: docs.aws.amazon.com/AmazonS3/latest/userguide/bucket-key.html */
function keyStatements(props: ReplicaRoleProps): PolicyStatement[] {
  const { sourceKeyArn, replicaKeyArn } = props;
  const source = { bucketName: props.sourceBucketName, region: props.sourceRegion };
  const replica = { bucketName: props.replicaBucketName, region: props.replicaRegion };
  return [
    ...(sourceKeyArn === undefined
      ? []
      : [useOfKeyByBucket({ ...source, actions: ["kms:Decrypt"], keyArn: sourceKeyArn })]),
    ...(replicaKeyArn === undefined
      ? []
      : [useOfKeyByBucket({ ...replica, actions: ["kms:Encrypt", "kms:Decrypt"], keyArn: replicaKeyArn })]),
  ];
}
