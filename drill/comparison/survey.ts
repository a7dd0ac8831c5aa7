import type { StoreSurveyed, SurveyedObject } from "../evidence/events";
import { connectStore, type StoreAccess } from "../workload/store-access";
import { listVersions } from "./list-versions";
import type { VersionEntry } from "./version-listing";

export interface SurveySettings {
  readonly store: StoreAccess;
  /** Why it is taken. */
  readonly moment: StoreSurveyed["moment"];
  /** Milliseconds since the run began. */
  readonly clock: () => number;
}

/** Everything that the store holds, replication's own state included: current objects and whole version stacks. */
export async function surveyStore(settings: SurveySettings): Promise<StoreSurveyed> {
  const at = settings.clock();
  const client = connectStore(settings.store, { attempts: 3 });
  try {
    const entries: VersionEntry[] = [];
    for await (const entry of listVersions(client, settings.store.bucketName)) {
      entries.push(entry);
    }
    return {
      type: "survey",
      at,
      store: settings.store.storeName,
      moment: settings.moment,
      objects: versionStacks(entries),
    };
  } finally {
    client.destroy();
  }
}

/** Entries of a listing, key by key. The current object is the entry that the store calls the latest, whatever its place. */
export function versionStacks(entries: Iterable<VersionEntry>): SurveyedObject[] {
  const stacks = new Map<string, VersionEntry[]>();
  for (const entry of entries) {
    const stack = stacks.get(entry.key);
    if (stack) {
      stack.push(entry);
    } else {
      stacks.set(entry.key, [entry]);
    }
  }
  return [...stacks].map(([key, stack]) => {
    const versions = stack.map(({ versionId, etag, isDeleteMarker }) => ({
      versionId,
      etag,
      isDeleteMarker,
    }));
    return { key, etag: stack.find(({ isLatest }) => isLatest)?.etag, versions };
  });
}
