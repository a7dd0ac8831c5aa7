import type { PropKinds } from "../private/prop-kinds";
import type { ExistingBucketStoreProps } from "./existing-bucket-store";
import type { S3PrimaryStoreProps } from "./primary-store-props";

export const S3_PRIMARY_STORE_KINDS: PropKinds<S3PrimaryStoreProps> = {
  bucketName: "text",
  region: "text",
  longestOutageDays: "number?",
  archiveAfterDays: "number?",
  archiveStorageClass: "text?",
  originAccess: "text?",
  originSecret: "text?",
  previousOriginSecret: "text?",
  cloudfrontAlias: "text?",
  cloudfrontCertificateArn: "text?",
  encryptionKeyArn: "text?",
  objectLockDays: "number?",
  objectLockMode: "text?",
  accessLogBucketName: "text?",
  accessLogPrefix: "text?",
  inventoryBucketName: "text?",
  inventoryPrefix: "text?",
  inventoryFrequency: "text?",
  replicaBucketName: "text?",
  replicaRegion: "text?",
  replicaDeleteMarkers: "flag?",
  replicaStorageClass: "text?",
  replicaEncryptionKeyArn: "text?",
  protectFromDestroy: "flag?",
  tags: "textsByName?",
  provider: "object?",
};

export const EXISTING_BUCKET_STORE_KINDS: PropKinds<ExistingBucketStoreProps> = {
  bucketName: "text",
  region: "text",
  versioned: "flag",
  originHost: "text?",
  encryptionKeyArn: "text?",
  createHealthObject: "flag?",
  healthPath: "text?",
  healthBody: "text?",
  manageReadPolicy: "flag?",
  originSecret: "text?",
  previousOriginSecret: "text?",
  sendEvents: "flag?",
  provider: "object?",
};
