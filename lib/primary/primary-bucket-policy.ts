import { STATE_PREFIX } from "../../contract/state-keys";
import { terraformLiteral } from "../private/terraform-literal";
import { CLOUDFLARE_IPV4_RANGES } from "./cloudflare-ranges";

export interface PrimaryBucketPolicyProps {
  readonly bucketName: string;
  /** Values of the `Referer` header that Cloudflare may send; empty when none is asked for. */
  readonly originSecrets: readonly string[];
}

/**
 * Who may read the bucket without signing: Cloudflare, over TLS, and never replication's own state. Who may do more
 * is decided by the account's own roles.
 *
 * A plain JSON string; only a secret in it is a reference. A secret must not contain `"` or `\`.
 */
export function primaryBucketPolicy(props: PrimaryBucketPolicyProps): string {
  const bucketArn = `arn:aws:s3:::${props.bucketName}`;
  return JSON.stringify({
    Version: "2012-10-17",
    Statement: [
      {
        Sid: "DenyPlainHttp",
        Effect: "Deny",
        Principal: "*",
        Action: "s3:*",
        Resource: [bucketArn, `${bucketArn}/*`],
        Condition: { Bool: { "aws:SecureTransport": "false" } },
      },
      {
        // Anonymous requests carry the account "anonymous", so this refuses them along with every other account's.
        Sid: "DenyStateToStrangers",
        Effect: "Deny",
        Principal: "*",
        Action: ["s3:GetObject", "s3:GetObjectVersion"],
        Resource: `${bucketArn}/${STATE_PREFIX}*`,
        Condition: {
          StringNotEquals: { "aws:PrincipalAccount": terraformLiteral("${aws:ResourceAccount}") },
        },
      },
      {
        Sid: "AllowReadsThroughCloudflare",
        Effect: "Allow",
        Principal: "*",
        Action: "s3:GetObject",
        Resource: `${bucketArn}/*`,
        Condition: {
          IpAddress: { "aws:SourceIp": CLOUDFLARE_IPV4_RANGES },
          ...(props.originSecrets.length > 0 && { StringEquals: { "aws:Referer": props.originSecrets } }),
        },
      },
    ],
  });
}
