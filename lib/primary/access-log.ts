import { S3BucketLoggingA } from "@cdktf/provider-aws/lib/s3-bucket-logging";
import { Token } from "cdktf";
import type { Construct } from "constructs";
import { checkBucketName } from "../private/bucket-name";
import { invalid, withoutEffect } from "../private/refusals";
import type { BucketTarget } from "./bucket-target";

const DEFAULT_PREFIX = "s3-access/";

/** Where S3 writes who asked for what. */
export interface AccessLogProps {
  /**
   * Name of a bucket that gets S3's access log, one line a request. It must exist, in the same region and account, let
   * `logging.s3.amazonaws.com` put objects, and have neither object lock by default nor a KMS key of its own.
   *
   * @default - no access log
   */
  readonly accessLogBucketName?: string;
  /**
   * What the log's keys begin with; account, region, bucket and day follow, so that queries can skip what they do not ask for.
   *
   * @default "s3-access/"
   */
  readonly accessLogPrefix?: string;
}

/**
 * @throws ConfigurationError BUCKET_NAME_HAS_DOT, BUCKET_NAME_INVALID, VALUE_INVALID
 */
export function checkAccessLog(
  props: AccessLogProps,
  bucketName: string,
  path: (prop: keyof AccessLogProps) => string,
): void {
  const { accessLogBucketName, accessLogPrefix } = props;
  if (accessLogBucketName !== undefined) {
    checkBucketName(accessLogBucketName, path("accessLogBucketName"));
  }
  if (accessLogBucketName === bucketName) {
    throw invalid({
      path: path("accessLogBucketName"),
      what: "the bucket would log into itself, and each log entry would be logged again",
      value: accessLogBucketName,
      allowed: "another bucket in the same region",
      fix: "give a bucket that holds logs only",
    });
  }
  if (accessLogPrefix === undefined) {
    return;
  }
  if (accessLogBucketName === undefined) {
    throw withoutEffect(path("accessLogPrefix"), accessLogPrefix, "accessLogBucketName");
  }
  checkKeyPrefix(accessLogPrefix, path("accessLogPrefix"));
}

/**
 * @throws ConfigurationError VALUE_INVALID
 */
export function checkKeyPrefix(prefix: string, path: string): void {
  if (Token.isUnresolved(prefix) || /^[\w!.*'()-][\w!.*'()/-]{0,511}$/.test(prefix)) {
    return;
  }
  throw invalid({
    path,
    what: "this is no prefix of keys that every tool can handle",
    value: prefix,
    allowed: "1 to 512 letters, digits and !-_.*'()/, not beginning with a slash",
    fix: `write it as in "${DEFAULT_PREFIX}"`,
  });
}

export function createAccessLog(
  scope: Construct,
  target: BucketTarget,
  targetBucket: string,
  targetPrefix: string = DEFAULT_PREFIX,
): S3BucketLoggingA {
  return new S3BucketLoggingA(scope, "access-log", {
    ...target,
    targetBucket,
    targetPrefix,
    targetObjectKeyFormat: { partitionedPrefix: { partitionDateSource: "EventTime" } },
  });
}
