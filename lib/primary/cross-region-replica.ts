import { DataAwsCallerIdentity } from "@cdktf/provider-aws/lib/data-aws-caller-identity";
import { IamRole } from "@cdktf/provider-aws/lib/iam-role";
import { IamRolePolicy } from "@cdktf/provider-aws/lib/iam-role-policy";
import type { S3Bucket } from "@cdktf/provider-aws/lib/s3-bucket";
import type { S3BucketObjectLockConfigurationA } from "@cdktf/provider-aws/lib/s3-bucket-object-lock-configuration";
import {
  S3BucketReplicationConfigurationA,
  type S3BucketReplicationConfigurationRule,
} from "@cdktf/provider-aws/lib/s3-bucket-replication-configuration";
import type { S3BucketVersioningA } from "@cdktf/provider-aws/lib/s3-bucket-versioning";
import type { TerraformProvider } from "cdktf";
import { Construct } from "constructs";
import { boundedName } from "../private/bounded-name";
import { policyDocument } from "../private/role-policy";
import type { ObjectLockMode } from "./object-lock";
import { ReplicaBucket } from "./replica-bucket";
import type { ReplicaStorageClass } from "./replica-props";
import { replicaStatements, replicaTrustPolicy } from "./replica-role";

/** Minutes within which S3's replication time control promises a copy; the only number that it accepts. */
const REPLICATION_TIME_MINUTES = 15;

const ROLE_NAME_CHARACTERS = 64;

export interface CrossRegionReplicaProps {
  readonly source: S3Bucket;
  readonly sourceVersioning: S3BucketVersioningA;
  readonly sourceBucketName: string;
  readonly sourceRegion: string;
  readonly sourceKeyArn?: string;
  readonly bucketName: string;
  readonly region: string;
  readonly keyArn?: string;
  readonly deleteMarkers: boolean;
  readonly storageClass: ReplicaStorageClass;
  readonly longestOutageDays?: number;
  readonly objectLock?: { readonly days: number; readonly mode?: ObjectLockMode };
  readonly protectFromDestroy: boolean;
  readonly tags?: Readonly<Record<string, string>>;
  readonly provider?: TerraformProvider;
}

/**
 * A copy of the bucket in another AWS region, kept by S3 itself with replication time control: against the loss of a region, or
 * of the bucket. Nobody reads it but the account's own roles, and no flip leads to it: it is for restoring from. What was
 * in the bucket before is copied by S3 Batch Replication, started by hand.
 */
export class CrossRegionReplica extends Construct {
  public readonly bucket: S3Bucket;
  /** What S3 is while it copies. */
  public readonly role: IamRole;
  /** On the source bucket. */
  public readonly configuration: S3BucketReplicationConfigurationA;
  /** Object lock of the replica; S3 requires it where the source has one. */
  public readonly objectLock?: S3BucketObjectLockConfigurationA;

  constructor(scope: Construct, id: string, props: CrossRegionReplicaProps) {
    super(scope, id);
    const { provider } = props;

    const replica = new ReplicaBucket(this, "bucket", props);
    this.bucket = replica.bucket;
    this.objectLock = replica.objectLock;

    const { accountId } = new DataAwsCallerIdentity(this, "account", { provider });
    this.role = new IamRole(this, "role", {
      name: boundedName(`${props.sourceBucketName}-replication`, ROLE_NAME_CHARACTERS),
      assumeRolePolicy: replicaTrustPolicy(props.sourceBucketName, accountId),
      tags: props.tags,
      provider,
    });
    const permissions = new IamRolePolicy(this, "permissions", {
      role: this.role.name,
      policy: policyDocument(
        replicaStatements({
          sourceBucketName: props.sourceBucketName,
          sourceRegion: props.sourceRegion,
          sourceKeyArn: props.sourceKeyArn,
          replicaBucketName: props.bucketName,
          replicaRegion: props.region,
          replicaKeyArn: props.keyArn,
          deleteMarkers: props.deleteMarkers,
          objectLock: props.objectLock !== undefined,
        }),
      ),
      provider,
    });
    this.configuration = new S3BucketReplicationConfigurationA(this, "configuration", {
      bucket: props.source.bucket,
      region: props.sourceRegion,
      role: this.role.arn,
      rule: [this.createRule(props)],
      provider,
      // S3 refuses it until both buckets keep versions, and until the replica can hold what the source locks.
      dependsOn: [
        props.sourceVersioning,
        replica.versioning,
        permissions,
        ...(replica.objectLock === undefined ? [] : [replica.objectLock]),
      ],
    });
  }

  private createRule(props: CrossRegionReplicaProps): S3BucketReplicationConfigurationRule {
    const time = { minutes: REPLICATION_TIME_MINUTES };
    return {
      id: "everything",
      status: "Enabled",
      priority: 1,
      filter: { prefix: "" },
      deleteMarkerReplication: { status: props.deleteMarkers ? "Enabled" : "Disabled" },
      ...(props.sourceKeyArn !== undefined && {
        sourceSelectionCriteria: { sseKmsEncryptedObjects: { status: "Enabled" } },
      }),
      destination: {
        bucket: this.bucket.arn,
        storageClass: props.storageClass,
        replicationTime: { status: "Enabled", time },
        metrics: { status: "Enabled", eventThreshold: time },
        ...(props.keyArn !== undefined && { encryptionConfiguration: { replicaKmsKeyId: props.keyArn } }),
      },
    };
  }
}
