import { PutObjectCommand } from "@aws-sdk/client-s3";
import { LEASE_KEY, UPLOADS_KEY } from "../../../contract/state-keys";
import type { RunningStore } from "../../../drill/local-cloud/running-store";
import { connectStore } from "../../../drill/workload/store-access";
import type { ObjectClient } from "../../../lambda/s3/object-client";

/** What lasts longer than a lease and the half of it that others wait, in milliseconds. */
const TWO_MINUTES = 120_000;

interface Lease {
  readonly owner: string;
  readonly expires: string;
}

/** Whether a run has the lease, or died with it, so that others have to wait. */
export async function isLeaseHeld(client: ObjectClient): Promise<boolean> {
  const lease = await readJson<Lease>(client, LEASE_KEY);
  return lease !== undefined && Date.parse(lease.expires) + TWO_MINUTES > Date.now();
}

/** As if two minutes had passed since the lease was taken: a run that was killed leaves it. */
export async function ageLease(store: RunningStore, client: ObjectClient): Promise<void> {
  const lease = await readJson<Lease>(client, LEASE_KEY);
  if (lease === undefined || Date.parse(lease.expires) < Date.now() - TWO_MINUTES) return;
  const expires = new Date(Date.parse(lease.expires) - 2 * TWO_MINUTES).toISOString();
  const connection = connectStore(store);
  const Body = JSON.stringify({ ...lease, expires });
  await connection.send(new PutObjectCommand({ Bucket: store.bucketName, Key: LEASE_KEY, Body }));
  connection.destroy();
}

/** Uploads that replication has on record. */
export async function recordedUploads(
  client: ObjectClient,
): Promise<readonly { readonly key: string; readonly uploadId?: string }[]> {
  const journal = await readJson<{ uploads: { key: string; uploadId?: string }[] }>(client, UPLOADS_KEY);
  return journal?.uploads ?? [];
}

async function readJson<T>(client: ObjectClient, key: string): Promise<T | undefined> {
  if ((await client.head(key)) === undefined) return undefined;
  const { body } = await client.get(key);
  const pieces: Buffer[] = await body.toArray();
  return JSON.parse(Buffer.concat(pieces).toString()) as T;
}
