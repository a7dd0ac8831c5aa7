import { STATE_PREFIX } from "../../contract/state-keys";
import { STORE_NAMES, type StoreName } from "../../contract/stores";
import { StoreError } from "../../lambda/s3/store-error";
import { credentialVariables } from "../stores/side-credentials";
import type { Check, Finding, Patient } from "./check";

export const CREDENTIAL_CHECKS: readonly Check[] = STORE_NAMES.map((store) => ({
  id: `credentials-${store}`,
  group: "credentials",
  title: `the ${store} store can be read`,
  run: (patient) => readStore(patient, store),
}));

/** Lists and reads what replication keeps there; writes nothing. */
async function readStore(patient: Patient, store: StoreName): Promise<Finding> {
  const { client, label, secretName } = await patient.store(store);
  try {
    const { objects } = await client.list({ prefix: STATE_PREFIX, limit: 10 });
    const [first] = objects;
    if (first !== undefined) await client.head(first.key);
    const versioning = await client.versioning();
    if (versioning === "enabled") return { status: "ok", found: `${label}: lists, reads, keeps versions` };
    return {
      status: "warning",
      found: `${label}: lists and reads; versioning is ${versioning}, so that deletions never reach it`,
      fix: "switch versioning on for the bucket",
    };
  } catch (error) {
    if (!(error instanceof StoreError) || error.kind !== "access-denied") throw error;
    return { status: "problem", found: error.message, fix: wayOut(store, secretName) };
  } finally {
    client.close();
  }
}

function wayOut(store: StoreName, secretName: string | undefined): string {
  const { accessKeyId, secretAccessKey } = credentialVariables(store);
  const given = `set ${accessKeyId} and ${secretAccessKey}`;
  if (secretName === undefined) return `${given}, or AWS_PROFILE; its rights are in docs/writers.md`;
  return `${given}, or an AWS profile that may read the secret ${secretName}; where the pair is wrong: storage-failover rotate`;
}
