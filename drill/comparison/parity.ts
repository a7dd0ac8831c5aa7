import type { S3Client } from "@aws-sdk/client-s3";
import { isReservedKey } from "../../contract/state-keys";
import type { StoreName } from "../../contract/stores";
import type { ParityChecked } from "../evidence/events";
import { errorLine } from "../machine/caught-error";
import { inParallel } from "../workload/in-parallel";
import { connectStore, type StoreAccess } from "../workload/store-access";
import { differencesBetween } from "./differences";
import { listVersions } from "./list-versions";
import { type ObjectFacts, readFacts } from "./object-facts";

const COMPARED_AT_ONCE = 16;

export interface ParitySettings {
  readonly stores: Readonly<Record<StoreName, StoreAccess>>;
  /** Keys that are known to differ and why is known: left out, and listed in the result. */
  readonly exceptions: Iterable<string>;
  readonly moment: ParityChecked["moment"];
  /** Milliseconds since the run began. */
  readonly clock: () => number;
  readonly onProgress?: (progress: ParityProgress) => void;
}

export interface ParityProgress {
  readonly objects: number;
  readonly ofObjects: number;
  /** Of one side. */
  readonly bytes: number;
}

/**
 * Reads every current object of both stores and compares bytes, headers, user metadata and tags. Neither
 * ETags nor stamps are believed. Replication's own keys and the health objects are not compared.
 */
export async function compareStores(settings: ParitySettings): Promise<ParityChecked> {
  const at = settings.clock();
  const connection = { connections: COMPARED_AT_ONCE, attempts: 3 };
  const { primary, secondary } = settings.stores;
  const clients = {
    primary: connectStore(primary, connection),
    secondary: connectStore(secondary, connection),
  };
  try {
    const onPrimary = await currentVersions(clients.primary, primary.bucketName);
    const onSecondary = await currentVersions(clients.secondary, secondary.bucketName);
    const exceptions = new Set(settings.exceptions);
    const all = [...new Set([...onPrimary.keys(), ...onSecondary.keys()])].filter(
      (key) => !isReservedKey(key),
    );
    const compared = all.filter((key) => !exceptions.has(key)).sort();
    const differences: { key: string; what: string }[] = [];
    let progress: ParityProgress = { objects: 0, ofObjects: compared.length, bytes: 0 };
    await inParallel(compared, COMPARED_AT_ONCE, async (key) => {
      const facts = await Promise.all([
        factsOf(clients.primary, primary.bucketName, key, onPrimary),
        factsOf(clients.secondary, secondary.bucketName, key, onSecondary),
      ]);
      differences.push(...compareSides(...facts).map((what) => ({ key, what })));
      const bytes = Math.max(...facts.map((side) => (typeof side === "string" ? 0 : side.size)));
      progress = { ...progress, objects: progress.objects + 1, bytes: progress.bytes + bytes };
      settings.onProgress?.(progress);
    });
    differences.sort((one, other) => (one.key < other.key ? -1 : one.key > other.key ? 1 : 0));
    const { objects, bytes } = progress;
    return {
      type: "parity",
      at,
      moment: settings.moment,
      objects,
      bytes,
      differences,
      exceptions: [...exceptions].sort(),
    };
  } finally {
    clients.primary.destroy();
    clients.secondary.destroy();
  }
}

/** Keys whose newest version is an object, and that version's id. */
async function currentVersions(client: S3Client, bucket: string): Promise<Map<string, string>> {
  const versions = new Map<string, string>();
  for await (const entry of listVersions(client, bucket)) {
    if (entry.isLatest && !entry.isDeleteMarker) {
      versions.set(entry.key, entry.versionId);
    }
  }
  return versions;
}

/** The object's facts, or in words why there are none. */
async function factsOf(
  client: S3Client,
  bucket: string,
  key: string,
  present: ReadonlyMap<string, string>,
): Promise<ObjectFacts | string> {
  const versionId = present.get(key);
  if (versionId === undefined) {
    return "absent";
  }
  return readFacts(client, bucket, key, versionId).catch(
    (error: unknown) => `unreadable (${errorLine(error)})`,
  );
}

function compareSides(primary: ObjectFacts | string, secondary: ObjectFacts | string): string[] {
  if (typeof primary !== "string" && typeof secondary !== "string") {
    return differencesBetween(primary, secondary);
  }
  return [
    ...(typeof primary === "string" ? [`object: ${primary} on primary`] : []),
    ...(typeof secondary === "string" ? [`object: ${secondary} on secondary`] : []),
  ];
}
