/** Base URL of S3's API in a region, without a bucket. */
export function s3Endpoint(region: string): string {
  return `https://${s3Host(region)}`;
}

/** The bucket's own host name, which serves its objects as `https://<host>/<key>`. */
export function bucketHost({
  bucketName,
  region,
}: {
  readonly bucketName: string;
  readonly region: string;
}): string {
  return `${bucketName}.${s3Host(region)}`;
}

const s3Host = (region: string) => `s3.${region}.amazonaws.com`;
