import { S3Object } from "@cdktf/provider-aws/lib/s3-object";
import type { ITerraformDependable } from "cdktf";
import type { Construct } from "constructs";
import { HEALTH_KEY } from "../../contract/state-keys";
import type { BucketTarget } from "./bucket-target";

/** The object that the monitors read. */
export function createHealthObject(
  scope: Construct,
  target: BucketTarget,
  content: string,
  dependsOn?: ITerraformDependable[],
): S3Object {
  return new S3Object(scope, "health-object", {
    ...target,
    key: HEALTH_KEY,
    content,
    contentType: "text/plain",
    cacheControl: "no-store",
    dependsOn,
    // A bucket that locks by default locks this object too: each plan would want to lift the lock, and each apply would try.
    lifecycle: { ignoreChanges: ["object_lock_mode", "object_lock_retain_until_date"] },
  });
}
