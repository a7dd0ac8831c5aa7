import type { S3BucketLifecycleConfigurationRule } from "@cdktf/provider-aws/lib/s3-bucket-lifecycle-configuration";
import { checkLongestOutage, oldVersionDays } from "../private/old-versions";
import { checkOneOf } from "../private/one-of";
import { invalid, withoutEffect } from "../private/refusals";
import { checkWholeNumber } from "../private/whole-number";

/** Days after which the parts of an upload that nobody completed are removed. */
const INCOMPLETE_UPLOAD_DAYS = 7;

/** Objects up to this size, in bytes, cost more in the classes below than they save. */
const SMALL_OBJECT_BYTES = 128 * 1024;

/** Classes for cold objects from which a read is answered at once, as readers and replication need. */
export const ARCHIVE_STORAGE_CLASSES = ["INTELLIGENT_TIERING", "GLACIER_IR", "STANDARD_IA"] as const;

/** The storage class of archived objects. */
export type ArchiveStorageClass = (typeof ARCHIVE_STORAGE_CLASSES)[number];

/** Days that S3 wants an object to be kept in its first class before it may go there. */
const LEAST_ARCHIVE_DAYS: Readonly<Record<ArchiveStorageClass, number>> = {
  INTELLIGENT_TIERING: 1,
  GLACIER_IR: 1,
  STANDARD_IA: 30,
};

const RESTORED_FIRST =
  "objects there must be restored for hours before they can be read: readers would get errors and replication could not copy them";

/** Classes that S3 has, and why not here. */
const REFUSED_CLASSES: Readonly<Record<string, string>> = {
  GLACIER: RESTORED_FIRST,
  DEEP_ARCHIVE: RESTORED_FIRST,
  ONEZONE_IA: "objects there are in one availability zone only, and lost with it",
};

/** For how long versions are kept, and where cold objects go. */
export interface BucketLifecycleProps {
  /**
   * Days of the longest outage to be survived, 1 to 3650. Old versions are kept a week longer: they prove what was
   * deleted and what was written over while the other store was away. Delete markers are kept for good.
   *
   * @default 30
   */
  readonly longestOutageDays?: number;
  /**
   * Days after which objects over 128 KiB go to `archiveStorageClass`: 1 to 3650, for `STANDARD_IA` from 30. Their
   * ETag and date stay as they are, so replication does not copy them again.
   *
   * @default - objects stay in the class that they were written to
   */
  readonly archiveAfterDays?: number;
  /**
   * Where they go: a class from which reads are answered at once. `GLACIER_IR` and `STANDARD_IA` charge for each GB read,
   * which seeding a new secondary or `verify --deep` does with every object; `INTELLIGENT_TIERING` does not. Leave
   * its optional archive tiers off.
   *
   * @default "INTELLIGENT_TIERING"
   */
  readonly archiveStorageClass?: ArchiveStorageClass;
}

/**
 * @throws ConfigurationError NUMBER_OUT_OF_RANGE, VALUE_INVALID
 */
export function checkBucketLifecycle(
  props: BucketLifecycleProps,
  path: (prop: keyof BucketLifecycleProps) => string,
): void {
  checkLongestOutage(props.longestOutageDays, path("longestOutageDays"));
  if (props.archiveStorageClass !== undefined) {
    checkArchiveClass(props.archiveStorageClass, path("archiveStorageClass"));
    if (props.archiveAfterDays === undefined) {
      throw withoutEffect(path("archiveStorageClass"), props.archiveStorageClass, "archiveAfterDays");
    }
  }
  if (props.archiveAfterDays !== undefined) {
    const least = LEAST_ARCHIVE_DAYS[props.archiveStorageClass ?? "INTELLIGENT_TIERING"];
    checkWholeNumber(props.archiveAfterDays, { least, most: 3650, unit: "days" }, path("archiveAfterDays"));
  }
}

function checkArchiveClass(storageClass: string, path: string): void {
  const reason = REFUSED_CLASSES[storageClass];
  if (reason !== undefined) {
    throw invalid({
      path,
      what: reason,
      value: storageClass,
      allowed: ARCHIVE_STORAGE_CLASSES.join(", "),
      fix: 'use "GLACIER_IR", whose objects are read at once',
    });
  }
  checkOneOf(storageClass, ARCHIVE_STORAGE_CLASSES, path, {
    what: "cold objects cannot go to this storage class",
    fix: 'use "INTELLIGENT_TIERING", or leave it away',
  });
}

/**
 * What S3 removes or moves by itself. Old versions go once no outage that was planned for can need them.
 *
 * No rule removes a delete marker, not even when the versions below it are gone. Replication proves a deletion by a
 * marker together with the version below; the marker alone still tells a person that an object was deleted rather than
 * lost, and one is but a key's name.
 */
export function lifecycleRules(props: BucketLifecycleProps): S3BucketLifecycleConfigurationRule[] {
  const noncurrentDays = oldVersionDays(props.longestOutageDays);
  return [
    {
      id: "keep-old-versions-through-an-outage",
      status: "Enabled",
      filter: [{ prefix: "" }],
      noncurrentVersionExpiration: [{ noncurrentDays }],
    },
    {
      id: "remove-incomplete-uploads",
      status: "Enabled",
      filter: [{ prefix: "" }],
      abortIncompleteMultipartUpload: [{ daysAfterInitiation: INCOMPLETE_UPLOAD_DAYS }],
    },
    ...(props.archiveAfterDays === undefined ? [] : [archiveRule(props.archiveAfterDays, props)]),
  ];
}

function archiveRule(
  days: number,
  { archiveStorageClass: storageClass = "INTELLIGENT_TIERING" }: BucketLifecycleProps,
): S3BucketLifecycleConfigurationRule {
  return {
    id: "archive-cold-objects",
    status: "Enabled",
    filter: [{ objectSizeGreaterThan: SMALL_OBJECT_BYTES }],
    transition: [{ days, storageClass }],
  };
}
