import type { PolicyStatement } from "./role-policy";

export interface UseOfKeyByBucket {
  readonly actions: readonly string[];
  readonly keyArn: string;
  readonly bucketName: string;
  /** Where bucket and key are. */
  readonly region: string;
}

/**
 * Use of a KMS key by S3 alone, for one bucket's objects: with a bucket key its ARN is the context of encryption, else the
 * object's.
 */
export function useOfKeyByBucket({ actions, keyArn, bucketName, region }: UseOfKeyByBucket): PolicyStatement {
  const bucketArn = `arn:aws:s3:::${bucketName}`;
  return {
    Effect: "Allow",
    Action: actions,
    Resource: [keyArn],
    Condition: {
      StringEquals: { "kms:ViaService": `s3.${region}.amazonaws.com` },
      StringLike: { "kms:EncryptionContext:aws:s3:arn": [bucketArn, `${bucketArn}/*`] },
    },
  };
}
