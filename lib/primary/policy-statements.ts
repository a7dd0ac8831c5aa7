/** The service as which CloudFront signs its requests to an origin. */
export const CLOUDFRONT_SERVICE = "cloudfront.amazonaws.com";

/** Refuses everyone, the account's own roles and anonymous readers alike, who comes without TLS or with an old one. */
export function tlsStatements(bucketArn: string): object[] {
  const toEveryone = {
    Effect: "Deny",
    Principal: "*",
    Action: "s3:*",
    Resource: [bucketArn, `${bucketArn}/*`],
  };
  return [
    { Sid: "DenyPlainHttp", ...toEveryone, Condition: { Bool: { "aws:SecureTransport": "false" } } },
    { Sid: "DenyOldTls", ...toEveryone, Condition: { NumericLessThan: { "s3:TlsVersion": "1.2" } } },
  ];
}
