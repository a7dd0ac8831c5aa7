import { describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import { ARCHIVE_STORAGE_CLASSES } from "../../lib/primary/bucket-lifecycle";
import type { S3PrimaryStoreProps } from "../../lib/primary/s3-primary-store";
import { createStore, pathOf, synthesizeStore, untyped } from "./primary-synthesis";
import { itRefusesEach, type RefusedInput } from "./refusal";

interface LifecycleRule {
  readonly id: string;
  readonly status: string;
  readonly transition?: readonly { readonly days: number; readonly storage_class: string }[];
  readonly noncurrent_version_expiration?: readonly { readonly noncurrent_days: number }[];
}

function lifecycleOf(change: Partial<S3PrimaryStoreProps>): readonly LifecycleRule[] {
  return synthesizeStore(change).only("aws_s3_bucket_lifecycle_configuration").rule as LifecycleRule[];
}

describe("a store without options", () => {
  it("has its nine resources and nothing else", () => {
    const { store, resources } = synthesizeStore();

    expect(Object.keys(resources).sort()).toEqual([
      "aws_s3_bucket",
      "aws_s3_bucket_lifecycle_configuration",
      "aws_s3_bucket_notification",
      "aws_s3_bucket_ownership_controls",
      "aws_s3_bucket_policy",
      "aws_s3_bucket_public_access_block",
      "aws_s3_bucket_server_side_encryption_configuration",
      "aws_s3_bucket_versioning",
      "aws_s3_object",
    ]);
    expect(lifecycleOf({}).map(({ id }) => id)).toEqual([
      "keep-old-versions-through-an-outage",
      "remove-incomplete-uploads",
    ]);
    const { accessLog, inventory, objectLock, crossRegionReplica, cloudfront } = store;
    expect([accessLog, inventory, objectLock, crossRegionReplica, cloudfront]).toEqual(
      Array(5).fill(undefined),
    );
  });

  it("keeps the ids of its resources: another would destroy a bucket", () => {
    const { resources } = synthesizeStore();

    expect(
      Object.values(resources).flatMap((ofType) =>
        Object.keys(ofType).map((id) => id.replace(/_[0-9A-F]{8}$/, "")),
      ),
    ).toEqual(
      expect.arrayContaining([
        "store_bucket",
        "store_public-access-block",
        "store_ownership",
        "store_versioning",
        "store_encryption",
        "store_policy",
        "store_lifecycle",
        "store_notification",
        "store_health-object",
      ]),
    );
  });
});

describe("the archive of cold objects", () => {
  it("moves large objects, after the days asked for, to a class that is read at once", () => {
    const days = fc.integer({ min: 30, max: 3650 });
    fc.assert(
      fc.property(
        days,
        fc.constantFrom(...ARCHIVE_STORAGE_CLASSES),
        (archiveAfterDays, archiveStorageClass) => {
          const rules = lifecycleOf({ archiveAfterDays, archiveStorageClass });

          expect(rules.at(-1)).toEqual({
            id: "archive-cold-objects",
            status: "Enabled",
            filter: [{ object_size_greater_than: 128 * 1024 }],
            transition: [{ days: archiveAfterDays, storage_class: archiveStorageClass }],
          });
          expect(rules.some(({ noncurrent_version_expiration }) => noncurrent_version_expiration)).toBe(true);
          expect(JSON.stringify(rules)).not.toMatch(/"expiration"|expired_object_delete_marker/);
        },
      ),
      { seed: 1, numRuns: 10 },
    );
  });

  it("goes where reading costs nothing, unless told otherwise", () => {
    expect(lifecycleOf({ archiveAfterDays: 1 }).at(-1)?.transition).toEqual([
      { days: 1, storage_class: "INTELLIGENT_TIERING" },
    ]);
  });
});

describe("object lock", () => {
  it.each([
    [undefined, "GOVERNANCE"],
    ["governance", "GOVERNANCE"],
    ["compliance", "COMPLIANCE"],
  ] as const)(
    "in mode %s locks what is written, without a change of the bucket that would replace it",
    (mode, expected) => {
      const { only } = synthesizeStore({ objectLockDays: 7, objectLockMode: mode });

      const lock = only("aws_s3_bucket_object_lock_configuration");
      expect(lock.rule).toEqual({ default_retention: { mode: expected, days: 7 } });
      expect(lock.depends_on).toEqual([expect.stringMatching(/^aws_s3_bucket_versioning\./)]);
      expect(only("aws_s3_bucket")).toEqual(synthesizeStore().only("aws_s3_bucket"));
      // The health object is locked like any other: no plan may want to lift that.
      expect(only("aws_s3_object").lifecycle).toEqual({
        ignore_changes: ["object_lock_mode", "object_lock_retain_until_date"],
      });
    },
  );
});

describe("records of the bucket", () => {
  it("logs each access to another bucket, in folders by day", () => {
    const { only } = synthesizeStore({ accessLogBucketName: "example-logs" });

    expect(only("aws_s3_bucket_logging")).toMatchObject({
      region: "eu-central-1",
      target_bucket: "example-logs",
      target_prefix: "s3-access/",
      target_object_key_format: { partitioned_prefix: { partition_date_source: "EventTime" } },
    });
  });

  it("logs under a prefix of the team's choice", () => {
    const { only } = synthesizeStore({ accessLogBucketName: "example-logs", accessLogPrefix: "assets/" });

    expect(only("aws_s3_bucket_logging").target_prefix).toBe("assets/");
  });

  it.each([
    [undefined, "Weekly"],
    ["weekly", "Weekly"],
    ["daily", "Daily"],
  ] as const)("lists all versions with what tells two stores apart (%s)", (inventoryFrequency, frequency) => {
    const { only } = synthesizeStore({
      inventoryBucketName: "example-lists",
      inventoryPrefix: "inventory",
      inventoryFrequency,
    });

    expect(only("aws_s3_bucket_inventory")).toMatchObject({
      region: "eu-central-1",
      included_object_versions: "All",
      optional_fields: expect.arrayContaining(["ETag", "Size", "StorageClass", "EncryptionStatus"]),
      schedule: { frequency },
      destination: {
        bucket: { bucket_arn: "arn:aws:s3:::example-lists", format: "Parquet", prefix: "inventory" },
      },
    });
  });
});

describe("bad input", () => {
  const refusal = (
    prop: keyof S3PrimaryStoreProps,
    value: unknown,
    rest: Pick<RefusedInput, "allowed" | "fix"> & Partial<Pick<RefusedInput, "code">>,
    others: Partial<S3PrimaryStoreProps> = {},
  ): RefusedInput => ({
    input: `${prop} ${JSON.stringify(value)}${Object.keys(others).length > 0 ? ` with ${JSON.stringify(others)}` : ""}`,
    attempt: () => createStore({ ...others, [prop]: untyped(value) }),
    code: "VALUE_INVALID",
    path: pathOf(prop),
    value,
    ...rest,
  });
  const alone = (prop: keyof S3PrimaryStoreProps, value: unknown, needed: string) =>
    refusal(prop, value, { allowed: `together with ${needed}`, fix: "leave this away" });
  const logs = { accessLogBucketName: "example-logs" };
  const lists = { inventoryBucketName: "example-lists" };
  const outOfRange = (prop: keyof S3PrimaryStoreProps, value: number, allowed: string, others = {}) =>
    refusal(prop, value, { code: "NUMBER_OUT_OF_RANGE", allowed, fix: "choose a number" }, others);

  itRefusesEach([
    ...["GLACIER", "DEEP_ARCHIVE", "ONEZONE_IA"].map((storageClass) =>
      refusal(
        "archiveStorageClass",
        storageClass,
        { allowed: "INTELLIGENT_TIERING, GLACIER_IR, STANDARD_IA", fix: "GLACIER_IR" },
        { archiveAfterDays: 90 },
      ),
    ),
    refusal(
      "archiveStorageClass",
      "TAPE",
      { allowed: "INTELLIGENT_TIERING, GLACIER_IR or STANDARD_IA", fix: "INTELLIGENT_TIERING" },
      { archiveAfterDays: 90 },
    ),
    alone("archiveStorageClass", "GLACIER_IR", "archiveAfterDays"),
    outOfRange("archiveAfterDays", 0, "whole days from 1 to 3650"),
    outOfRange("archiveAfterDays", 3651, "whole days from 1 to 3650"),
    outOfRange("archiveAfterDays", 29, "whole days from 30 to 3650", { archiveStorageClass: "STANDARD_IA" }),
    outOfRange("objectLockDays", 0, "whole days from 1 to 36500"),
    outOfRange("objectLockDays", 36_501, "whole days from 1 to 36500"),
    refusal(
      "objectLockMode",
      "COMPLIANCE",
      { allowed: "governance or compliance", fix: "governance" },
      { objectLockDays: 7 },
    ),
    alone("objectLockMode", "compliance", "objectLockDays"),
    refusal("accessLogBucketName", "Logs", {
      code: "BUCKET_NAME_INVALID",
      allowed: "3 to 63 lower-case letters",
      fix: "another name",
    }),
    refusal("accessLogBucketName", "example-assets-primary", { allowed: "another bucket", fix: "logs only" }),
    alone("accessLogPrefix", "logs/", "accessLogBucketName"),
    ...["", "/logs", "lögs", "a".repeat(513)].map((prefix) =>
      refusal("accessLogPrefix", prefix, { allowed: "1 to 512 letters", fix: "s3-access/" }, logs),
    ),
    refusal("inventoryBucketName", "a.b.c", {
      code: "BUCKET_NAME_HAS_DOT",
      allowed: "hyphens",
      fix: "a-b-c",
    }),
    refusal("inventoryBucketName", "example-assets-primary", {
      allowed: "another bucket",
      fix: "not replicated",
    }),
    alone("inventoryPrefix", "lists", "inventoryBucketName"),
    alone("inventoryFrequency", "daily", "inventoryBucketName"),
    refusal("inventoryFrequency", "hourly", { allowed: "daily or weekly", fix: "weekly" }, lists),
    refusal("inventoryPrefix", "/lists", { allowed: "not beginning with a slash", fix: "s3-access/" }, lists),
  ]);

  it.each([
    ["GLACIER", "restored for hours"],
    ["DEEP_ARCHIVE", "restored for hours"],
    ["ONEZONE_IA", "one availability zone"],
  ])("says why not %s", (storageClass, reason) => {
    expect(() => createStore({ archiveAfterDays: 90, archiveStorageClass: untyped(storageClass) })).toThrow(
      reason,
    );
  });
});
