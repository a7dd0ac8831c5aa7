import { STATE_PREFIX } from "../../contract/state-keys";
import { terraformLiteral } from "../private/terraform-literal";
import { CLOUDFLARE_IPV4_RANGES } from "./cloudflare-ranges";
import { CLOUDFRONT_SERVICE, tlsStatements } from "./policy-statements";

export interface PrimaryBucketPolicyProps {
  readonly bucketName: string;
  /**
   * Values of the `Referer` header that Cloudflare may send; empty when none is asked for. Without effect when a
   * distribution reads: its function asks for the secret.
   */
  readonly originSecrets: readonly string[];
  /**
   * ARN of the CloudFront distribution that may read, and then nobody else does.
   *
   * @default - Cloudflare's addresses may read without signing
   */
  readonly distributionArn?: string;
}

/**
 * Who may read the bucket without being of the account: Cloudflare or one CloudFront distribution, over TLS 1.2 or newer,
 * and never replication's own state. Nobody may list it, so that a missing key is answered with 403. Who may do more is
 * decided by the account's own roles.
 *
 * A plain JSON string; only secrets and the distribution's ARN in it are references. A secret must not contain `"` or `\`.
 */
export function primaryBucketPolicy(props: PrimaryBucketPolicyProps): string {
  const bucketArn = `arn:aws:s3:::${props.bucketName}`;
  const stateArn = `${bucketArn}/${STATE_PREFIX}*`;
  return JSON.stringify({
    Version: "2012-10-17",
    Statement: [
      ...tlsStatements(bucketArn),
      {
        // Anonymous requests carry the account "anonymous", so this refuses them along with every other account's.
        Sid: "DenyStateToStrangers",
        Effect: "Deny",
        Principal: "*",
        Action: ["s3:GetObject", "s3:GetObjectVersion"],
        Resource: stateArn,
        Condition: {
          StringNotEquals: { "aws:PrincipalAccount": terraformLiteral("${aws:ResourceAccount}") },
        },
      },
      ...(props.distributionArn === undefined
        ? [readsThroughCloudflare(bucketArn, props.originSecrets)]
        : readsThroughCloudfront(bucketArn, stateArn, props.distributionArn)),
    ],
  });
}

function readsThroughCloudflare(bucketArn: string, originSecrets: readonly string[]): object {
  return {
    Sid: "AllowReadsThroughCloudflare",
    Effect: "Allow",
    Principal: "*",
    Action: "s3:GetObject",
    Resource: `${bucketArn}/*`,
    Condition: {
      IpAddress: { "aws:SourceIp": CLOUDFLARE_IPV4_RANGES },
      ...(originSecrets.length > 0 && { StringEquals: { "aws:Referer": originSecrets } }),
    },
  };
}

function readsThroughCloudfront(bucketArn: string, stateArn: string, distributionArn: string): object[] {
  return [
    {
      // Which account a service counts as is not documented, so that the statement above may not see it.
      Sid: "DenyStateToCloudfront",
      Effect: "Deny",
      Principal: { Service: CLOUDFRONT_SERVICE },
      Action: "s3:*",
      Resource: stateArn,
    },
    {
      Sid: "AllowReadsThroughCloudfront",
      Effect: "Allow",
      Principal: { Service: CLOUDFRONT_SERVICE },
      Action: "s3:GetObject",
      Resource: `${bucketArn}/*`,
      // Any distribution of any account reads as this service.
      Condition: { StringEquals: { "aws:SourceArn": distributionArn } },
    },
  ];
}
