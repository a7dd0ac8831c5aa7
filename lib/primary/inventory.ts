import { S3BucketInventory } from "@cdktf/provider-aws/lib/s3-bucket-inventory";
import type { Construct } from "constructs";
import { checkBucketName } from "../private/bucket-name";
import { checkOneOf } from "../private/one-of";
import { invalid, withoutEffect } from "../private/refusals";
import { checkKeyPrefix } from "./access-log";
import type { BucketTarget } from "./bucket-target";

/** How often S3 can write an inventory. */
export const INVENTORY_FREQUENCIES = ["daily", "weekly"] as const;

/** How often an inventory is written. */
export type InventoryFrequency = (typeof INVENTORY_FREQUENCIES)[number];

/** What is asked about a store: what it holds, whether that was encrypted, archived, replicated, or put in parts. */
const FIELDS = [
  "Size",
  "LastModifiedDate",
  "StorageClass",
  "ETag",
  "IsMultipartUploaded",
  "ReplicationStatus",
  "EncryptionStatus",
];

/** Lists of all objects, written by S3. */
export interface InventoryProps {
  /**
   * Name of a bucket that gets a list of all versions, as Parquet. It must exist, in the same region and account, and let
   * `s3.amazonaws.com` put objects.
   *
   * @default - no inventory
   */
  readonly inventoryBucketName?: string;
  /**
   * What the list's keys begin with; this bucket's name and the list's, `storage-failover`, follow.
   *
   * @default - none
   */
  readonly inventoryPrefix?: string;
  /**
   * How often the list is made, `daily` or `weekly`.
   *
   * @default "weekly"
   */
  readonly inventoryFrequency?: InventoryFrequency;
}

/**
 * @throws ConfigurationError BUCKET_NAME_HAS_DOT, BUCKET_NAME_INVALID, VALUE_INVALID
 */
export function checkInventory(
  props: InventoryProps,
  bucketName: string,
  path: (prop: keyof InventoryProps) => string,
): void {
  const { inventoryBucketName, inventoryPrefix, inventoryFrequency } = props;
  if (inventoryFrequency !== undefined) {
    checkOneOf(inventoryFrequency, INVENTORY_FREQUENCIES, path("inventoryFrequency"), {
      what: "S3 makes no inventory that often",
      fix: 'use "weekly", or leave it away',
    });
  }
  if (inventoryPrefix !== undefined) {
    checkKeyPrefix(inventoryPrefix, path("inventoryPrefix"));
  }
  if (inventoryBucketName === undefined) {
    for (const prop of ["inventoryPrefix", "inventoryFrequency"] as const) {
      if (props[prop] !== undefined) {
        throw withoutEffect(path(prop), props[prop], "inventoryBucketName");
      }
    }
    return;
  }
  checkBucketName(inventoryBucketName, path("inventoryBucketName"));
  if (inventoryBucketName === bucketName) {
    throw invalid({
      path: path("inventoryBucketName"),
      what: "the lists would be replicated to the other store, and served to readers",
      value: inventoryBucketName,
      allowed: "another bucket in the same region",
      fix: "give a bucket that is not replicated",
    });
  }
}

export function createInventory(
  scope: Construct,
  target: BucketTarget,
  destinationBucket: string,
  props: InventoryProps,
): S3BucketInventory {
  return new S3BucketInventory(scope, "inventory", {
    ...target,
    name: "storage-failover",
    // Old versions and delete markers too: they are what a deletion or an overwrite is proven by.
    includedObjectVersions: "All",
    optionalFields: FIELDS,
    schedule: { frequency: props.inventoryFrequency === "daily" ? "Daily" : "Weekly" },
    destination: {
      bucket: {
        bucketArn: `arn:aws:s3:::${destinationBucket}`,
        format: "Parquet",
        prefix: props.inventoryPrefix,
      },
    },
  });
}
