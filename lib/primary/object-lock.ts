import { S3BucketObjectLockConfigurationA } from "@cdktf/provider-aws/lib/s3-bucket-object-lock-configuration";
import type { ITerraformDependable } from "cdktf";
import type { Construct } from "constructs";
import { checkOneOf } from "../private/one-of";
import { withoutEffect } from "../private/refusals";
import { checkWholeNumber } from "../private/whole-number";
import type { BucketTarget } from "./bucket-target";

/** Whether a role with special permission may lift a lock, or nobody. */
export const OBJECT_LOCK_MODES = ["governance", "compliance"] as const;

/** How strictly S3 holds a lock. */
export type ObjectLockMode = (typeof OBJECT_LOCK_MODES)[number];

/** Versions that nobody can remove before their time. */
export interface ObjectLockProps {
  /**
   * Days for which no version that is written from now on can be removed or written over, 1 to 36,500. Delete markers
   * can still be placed, by users and by replication: they hide a version and remove none. Replication's own state is
   * locked too: some kilobytes a run. A bucket never loses the ability again once it has it; locks of versions
   * that exist stay, whatever is set later.
   *
   * @default - versions are not locked
   */
  readonly objectLockDays?: number;
  /**
   * `governance`: who has `s3:BypassGovernanceRetention` may remove a version all the same. `compliance`: nobody can, the
   * account's owner included, so that a legal erasure waits for the end of the lock.
   *
   * @default "governance"
   */
  readonly objectLockMode?: ObjectLockMode;
}

/**
 * @throws ConfigurationError NUMBER_OUT_OF_RANGE, VALUE_INVALID
 */
export function checkObjectLock(props: ObjectLockProps, path: (prop: keyof ObjectLockProps) => string): void {
  if (props.objectLockMode !== undefined) {
    checkOneOf(props.objectLockMode, OBJECT_LOCK_MODES, path("objectLockMode"), {
      what: "S3 knows no such mode of object lock",
      fix: 'use "governance", or leave it away',
    });
    if (props.objectLockDays === undefined) {
      throw withoutEffect(path("objectLockMode"), props.objectLockMode, "objectLockDays");
    }
  }
  if (props.objectLockDays !== undefined) {
    checkWholeNumber(props.objectLockDays, { least: 1, most: 36_500, unit: "days" }, path("objectLockDays"));
  }
}

/**
 * Turns object lock on, for a bucket that exists as well. The bucket's own `object_lock_enabled` is left alone: a change of
 * it replaces the bucket.
 */
export function createObjectLock(
  scope: Construct,
  id: string,
  target: BucketTarget,
  lock: { readonly days: number; readonly mode?: ObjectLockMode },
  dependsOn: ITerraformDependable[],
): S3BucketObjectLockConfigurationA {
  const mode = (lock.mode ?? "governance").toUpperCase();
  return new S3BucketObjectLockConfigurationA(scope, id, {
    ...target,
    rule: { defaultRetention: { mode, days: lock.days } },
    dependsOn,
  });
}
