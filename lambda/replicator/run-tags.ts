import { beginReplication, isReasonToStop } from "./replication";
import { RetryBudget, withRetries } from "./retry";
import { areOneWrite } from "./rules";
import type { RunOptions } from "./run-options";
import { sameTags } from "./same-tags";
import type { Stores } from "./settle-key";

export interface TagsReport {
  /** Why not all of them were looked at. */
  readonly reason?: string;
  /** Keys whose tags are equal now. */
  readonly equal: ReadonlySet<string>;
  /** Keys among them whose tags were changed on the destination. */
  readonly changed: number;
}

/**
 * Gives replicas the tags that their originals have now. Tags change neither ETag nor date, so that nothing but an event
 * tells of them; everything else about these keys must be equal already.
 */
export async function runTags(options: RunOptions, keys: readonly string[]): Promise<TagsReport> {
  const equal = new Set<string>();
  let changed = 0;
  try {
    const { stores, mayStart } = await beginReplication(options);
    const { clock, random } = options;
    const retries = { budget: new RetryBudget(), clock, random };
    for (const key of keys) {
      if (!mayStart()) return { reason: "out of time", equal, changed };
      if (await withRetries(() => settleTags(key, stores), retries)) changed += 1;
      equal.add(key);
    }
    return { equal, changed };
  } catch (error) {
    if (!isReasonToStop(error)) throw error;
    return { reason: error.message, equal, changed };
  }
}

/** @returns whether the tags were changed */
async function settleTags(key: string, stores: Stores): Promise<boolean> {
  const { source, destination } = stores;
  const [original, replica] = await Promise.all([source.head(key), destination.head(key)]);
  if (original === undefined || replica === undefined) return false;
  // Whatever else stands there was not made of the object whose tags these are.
  if (!areOneWrite({ key, source: original, destination: replica }, stores.ids)) return false;
  const [wanted, found] = await Promise.all([
    source.tags(key, { versionId: original.versionId }),
    destination.tags(key, { versionId: replica.versionId }),
  ]);
  if (sameTags(wanted, found)) return false;
  await stores.confirm();
  // Names the version: a newer replica, of a newer write, keeps the tags that it came with.
  await destination.putTags(key, wanted, { versionId: replica.versionId });
  return true;
}
