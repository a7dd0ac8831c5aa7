import type { PolicyStatement } from "../private/role-policy";

/** How long SQS keeps a data key before it asks for a new one: each costs a request to the key. */
const DATA_KEY_SECONDS = 300;

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
