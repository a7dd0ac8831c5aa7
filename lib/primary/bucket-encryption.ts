import {
  S3BucketServerSideEncryptionConfigurationA,
  type S3BucketServerSideEncryptionConfigurationRuleA,
} from "@cdktf/provider-aws/lib/s3-bucket-server-side-encryption-configuration";
import type { Construct } from "constructs";
import type { BucketTarget } from "./bucket-target";

/** S3 encrypts what is written: with a key of the customer's if one is given, else with keys of its own. */
export function createEncryption(
  scope: Construct,
  id: string,
  target: BucketTarget,
  keyArn: string | undefined,
): S3BucketServerSideEncryptionConfigurationA {
  return new S3BucketServerSideEncryptionConfigurationA(scope, id, {
    ...target,
    rule: [keyArn === undefined ? withOwnKeys() : withKey(keyArn)],
  });
}

function withOwnKeys(): S3BucketServerSideEncryptionConfigurationRuleA {
  return { applyServerSideEncryptionByDefault: { sseAlgorithm: "AES256" } };
}

function withKey(kmsMasterKeyId: string): S3BucketServerSideEncryptionConfigurationRuleA {
  return {
    applyServerSideEncryptionByDefault: { sseAlgorithm: "aws:kms", kmsMasterKeyId },
    bucketKeyEnabled: true,
  };
}
