import { PROGRESS_KEY } from "../../../../contract/state-keys";
import { otherStore, STORE_NAMES, type StoreName } from "../../../../contract/stores";
import type { Progress } from "../../../../lambda/replicator/progress";

/** What a standby keeps of the last whole pass: there to be read also where the process died before it told anybody. */
export interface SavedPass {
  readonly source: StoreName;
  /** Milliseconds, the source's clock. */
  readonly syncPoint: number;
  /** Whether it is known to have made all keys equal; what it could not is counted there, and not named. */
  readonly isWhole: boolean;
}

export function savedPasses(
  bodyOf: (store: StoreName, key: string) => string | undefined,
): readonly SavedPass[] {
  return STORE_NAMES.flatMap((store) => {
    const text = bodyOf(store, PROGRESS_KEY);
    if (text === undefined) return [];
    const { syncPoint, checkpoint, lastRun } = JSON.parse(text) as Progress;
    if (syncPoint === undefined) return [];
    const isWhole =
      checkpoint === undefined &&
      lastRun?.outcome === "clean" &&
      Object.keys(lastRun.exceptionCounts).length === 0;
    return [{ source: otherStore(store), syncPoint: Date.parse(syncPoint), isWhole }];
  });
}
