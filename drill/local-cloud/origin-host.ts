import { request } from "node:http";
import { DeleteObjectCommand, PutObjectCommand } from "@aws-sdk/client-s3";
import { localClient } from "./local-bucket";
import type { LocalStoreSettings, RunningStore } from "./running-store";

/**
 * The domain under which a server finds buckets by host name.
 *
 * @throws Error when the first label of the origin host is not the bucket's name
 */
export function originDomain(settings: Pick<LocalStoreSettings, "originHost" | "bucketName">): string {
  const { bucketName, originHost } = settings;
  const prefix = `${bucketName}.`;
  if (!originHost.startsWith(prefix) || originHost.length === prefix.length) {
    throw new Error(
      `origin host "${originHost}" does not begin with the bucket's name; allowed: "${prefix}" and a domain; the server finds the bucket by that label`,
    );
  }
  return originHost.slice(prefix.length);
}

/**
 * Writes an object, reads it as the edge would, and removes it.
 *
 * @throws Error with the fix when the server does not find the bucket by host name
 */
export async function mustReadByHost(store: RunningStore, originHost: string, fix: string): Promise<void> {
  const client = localClient({ ...store, keys: store });
  const object = { Bucket: store.bucketName, Key: "host-name-check.txt" };
  try {
    const { VersionId } = await client.send(
      new PutObjectCommand({ ...object, Body: "readable by host name" }),
    );
    const status = await statusOf(store.port, originHost, `/${object.Key}`);
    await client.send(new DeleteObjectCommand({ ...object, VersionId }));
    if (status !== 200) {
      throw new Error(
        `the server answers ${status} to reads with Host "${originHost}"; expected 200; ${fix}`,
      );
    }
  } finally {
    client.destroy();
  }
}

function statusOf(port: number, host: string, path: string): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const probe = request({ host: "127.0.0.1", port, path, headers: { host }, agent: false }, (response) => {
      response.resume();
      resolve(response.statusCode);
    });
    probe.once("error", reject);
    probe.end();
  });
}
