import type { PolicyStatement } from "./role-policy";

/** An S3 action that the replicator needs, and for what. Nothing else is granted, on either store. */
export interface ReplicatorAction {
  readonly action: string;
  readonly on: "bucket" | "objects";
  readonly why: string;
}

/**
 * One list for both stores: each is source or destination, depending on the direction. Of what replication does,
 * only `s3:DeleteObjectVersion` could not be undone, and it takes away nothing but a delete marker that the same run
 * has just placed: no policy can tell a marker from an object, so that the code must.
 */
export const REPLICATOR_ACTIONS: readonly ReplicatorAction[] = [
  { action: "s3:ListBucket", on: "bucket", why: "listings; and a missing key answers 404 instead of 403" },
  { action: "s3:ListBucketVersions", on: "bucket", why: "lineage: the version stack of a key" },
  { action: "s3:GetBucketVersioning", on: "bucket", why: "nothing is deleted where no version would remain" },
  { action: "s3:ListBucketMultipartUploads", on: "bucket", why: "uploads that an earlier run left open" },
  { action: "s3:GetObject", on: "objects", why: "reads of the current version, and conditions on writes" },
  { action: "s3:GetObjectVersion", on: "objects", why: "reads name the version" },
  { action: "s3:GetObjectTagging", on: "objects", why: "tags travel with a copy" },
  { action: "s3:GetObjectVersionTagging", on: "objects", why: "tags of the version that is copied" },
  {
    action: "s3:PutObject",
    on: "objects",
    why: "conditional writes of copies, at once or in parts, and of replication's own state",
  },
  { action: "s3:PutObjectTagging", on: "objects", why: "tags sent along with a write" },
  {
    action: "s3:PutObjectVersionTagging",
    on: "objects",
    why: "changed tags, of the version that they belong to",
  },
  {
    action: "s3:ListMultipartUploadParts",
    on: "objects",
    why: "a large copy goes on after its last whole part",
  },
  {
    action: "s3:AbortMultipartUpload",
    on: "objects",
    why: "the end of an upload of its own that leads nowhere",
  },
  {
    action: "s3:DeleteObject",
    on: "objects",
    why: "delete markers for proven deletions; in a versioned bucket it removes no version",
  },
  {
    action: "s3:DeleteObjectVersion",
    on: "objects",
    why: "taking back a delete marker of its own that landed on a write of the same moment",
  },
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
