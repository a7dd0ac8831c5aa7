import { Token } from "cdktf";
import { ConfigurationError } from "../configuration-error";

const SHAPE = /^[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$/;

/** Reserved by S3: docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html */
const RESERVED_PREFIXES = ["xn--", "sthree-", "amzn-s3-demo-"];
const RESERVED_SUFFIXES = ["-s3alias", "--ol-s3", "--x-s3", "--table-s3"];

const ALLOWED = "3 to 63 lower-case letters, digits and hyphens, beginning and ending with a letter or digit";

/**
 * Both stores hold objects under names that any of them must accept, so both obey the rules of S3.
 *
 * @throws ConfigurationError BUCKET_NAME_HAS_DOT, BUCKET_NAME_INVALID
 */
export function checkBucketName(bucketName: string, path: string): void {
  if (Token.isUnresolved(bucketName)) {
    return;
  }
  if (bucketName.includes(".")) {
    throw new ConfigurationError({
      code: "BUCKET_NAME_HAS_DOT",
      path,
      what: "the bucket name contains a dot, which TLS certificates for S3 host names do not cover",
      value: bucketName,
      allowed: ALLOWED,
      fix: `use "${bucketName.replaceAll(".", "-")}"`,
    });
  }
  const reserved =
    RESERVED_PREFIXES.find((prefix) => bucketName.startsWith(prefix)) ??
    RESERVED_SUFFIXES.find((suffix) => bucketName.endsWith(suffix));
  if (reserved !== undefined || !SHAPE.test(bucketName)) {
    throw new ConfigurationError({
      code: "BUCKET_NAME_INVALID",
      path,
      what:
        reserved === undefined
          ? "S3 does not accept this bucket name"
          : `S3 reserves bucket names with "${reserved}"`,
      value: bucketName,
      allowed: ALLOWED,
      fix: 'choose another name, as in "example-assets-primary"',
    });
  }
}
