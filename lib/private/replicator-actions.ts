import type { PolicyStatement } from "./role-policy";

/** An S3 action that the replicator needs, and for what. Nothing else is granted, on either store. */
export interface ReplicatorAction {
  readonly action: string;
  readonly on: "bucket" | "objects";
  readonly why: string;
}

/**
 * One list for both stores: each is source or destination, depending on the direction. No delete: what replication
 * does can always be undone.
 */
export const REPLICATOR_ACTIONS: readonly ReplicatorAction[] = [
  { action: "s3:ListBucket", on: "bucket", why: "listings; and a missing key answers 404 instead of 403" },
  { action: "s3:ListBucketVersions", on: "bucket", why: "lineage: the version stack of a key" },
  { action: "s3:GetObject", on: "objects", why: "reads of the current version, and conditions on writes" },
  { action: "s3:GetObjectVersion", on: "objects", why: "reads name the version" },
  { action: "s3:GetObjectTagging", on: "objects", why: "tags travel with a copy" },
  { action: "s3:GetObjectVersionTagging", on: "objects", why: "tags of the version that is copied" },
  {
    action: "s3:PutObject",
    on: "objects",
    why: "conditional writes of copies, and of replication's own state",
  },
  { action: "s3:PutObjectTagging", on: "objects", why: "tags sent along with a write" },
];

/** The two statements, for a policy that is attached to who replicates. */
export function replicatorStatements(bucketName: string): PolicyStatement[] {
  const bucketArn = `arn:aws:s3:::${bucketName}`;
  const actionsOn = (target: ReplicatorAction["on"]) =>
    REPLICATOR_ACTIONS.filter(({ on }) => on === target).map(({ action }) => action);
  return [
    { Effect: "Allow", Action: actionsOn("bucket"), Resource: [bucketArn] },
    { Effect: "Allow", Action: actionsOn("objects"), Resource: [`${bucketArn}/*`] },
  ];
}
