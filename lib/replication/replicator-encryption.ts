import { Token } from "cdktf";
import { ConfigurationError } from "../configuration-error";
import type { PolicyStatement } from "../private/role-policy";

/** How long SQS keeps a data key before it asks for a new one: each costs a request to the key. */
const DATA_KEY_SECONDS = 300;

/**
 * An alias or a key's id would do for some of the services, and not for log groups.
 *
 * @throws ConfigurationError VALUE_INVALID
 */
export function checkKeyArn(arn: string, path: string): void {
  if (Token.isUnresolved(arn) || /^arn:aws[\w-]*:kms:[\w-]+:\d{12}:key\/[\w-]+$/.test(arn)) return;
  throw new ConfigurationError({
    code: "VALUE_INVALID",
    path,
    what: "this is no ARN of a KMS key",
    value: arn,
    allowed: "arn:aws:kms:<region>:<account>:key/<id>, not an alias",
    fix: "give the key's ARN, or leave it away to use the keys that AWS manages",
  });
}

/** Of a queue: always encrypted, by a customer key where there is one. */
export function queueEncryption(keyArn: string | undefined) {
  return keyArn === undefined
    ? { sqsManagedSseEnabled: true }
    : { kmsMasterKeyId: keyArn, kmsDataKeyReusePeriodSeconds: DATA_KEY_SECONDS };
}

/** What a function needs of a customer key: its environment, and messages that it reads. Nothing without one. */
export function decryption(keyArn: string | undefined): PolicyStatement[] {
  return keyArn === undefined ? [] : [{ Effect: "Allow", Action: ["kms:Decrypt"], Resource: [keyArn] }];
}

/** What whoever sends messages to an encrypted queue needs beside. */
export function dataKeys(keyArn: string | undefined): PolicyStatement[] {
  return keyArn === undefined
    ? []
    : [{ Effect: "Allow", Action: ["kms:GenerateDataKey"], Resource: [keyArn] }];
}
