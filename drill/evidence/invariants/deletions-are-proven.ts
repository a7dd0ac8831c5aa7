import { otherStore, STORE_NAMES, type StoreName } from "../../../contract/stores";
import { isDelete, isPut } from "../missing-writes";
import type { RunHistory } from "../run-history";
import { counted, type InvariantVerdict, notChecked, quoted, verdict } from "./invariant";
import { type Replacement, VersionStacks } from "./version-stacks";

/** I6: delete markers have a writer's delete behind them, and no copy covers one with what was deleted. */
export function deletionsAreProven(history: RunHistory): InvariantVerdict {
  const stacks = VersionStacks.of(history);
  if (stacks === undefined) return notChecked("I6", "both stores were not surveyed at the end");
  const violations: string[] = [];
  let markers = 0;
  for (const store of STORE_NAMES) {
    for (const key of stacks.keys(store)) {
      const found = stacks.stack(store, key).filter(({ isDeleteMarker }) => isDeleteMarker).length;
      const proven = provenDeletes(stacks, store, key);
      markers += found;
      if (found > proven) {
        violations.push(
          `${store} has ${found} delete markers on ${quoted(key)}, and ${proven} deletes were acknowledged`,
        );
      }
    }
  }
  for (const replacement of stacks.replacements()) {
    if (
      replacement.older.isDeleteMarker &&
      wasDeleted(replacement) &&
      !wasWrittenAgain(stacks, replacement)
    ) {
      violations.push(
        `${quoted(replacement.key)} was deleted on ${replacement.store} and came back by a copy`,
      );
    }
  }
  for (const { report } of history.of("replication")) {
    if (report.removed > 0 && report.exceptionCounts.withheld > 0) {
      violations.push(
        `a run into ${report.destination} placed ${report.removed} delete markers though it withheld ${report.exceptionCounts.withheld}`,
      );
    }
  }
  const deletes = history
    .of("write")
    .filter((write) => isDelete(write) && write.outcome === "acknowledged").length;
  return verdict(
    "I6",
    `${counted(markers, "delete marker")} in the final surveys, ${counted(deletes, "delete")} acknowledged.`,
    violations,
  );
}

/** A delete on one store may be carried to the other, once. A delete without an answer may have been applied. */
function provenDeletes(stacks: VersionStacks, store: StoreName, key: string): number {
  const here = stacks.writesOf(store, key).filter(isDelete).length;
  return here + stacks.writesOf(otherStore(store), key).filter(isDelete).length;
}

/** A value that the deletion never covered is no return of what was deleted. */
function wasDeleted({ newer, below }: Replacement): boolean {
  return below.some(({ etag }) => etag === newer.etag);
}

/** Only what the other store's writer put after the deletion may be copied over it. */
function wasWrittenAgain(stacks: VersionStacks, { store, key, newer, older }: Replacement): boolean {
  const deletes = [...stacks.writesOf(store, key), ...stacks.writesOf(otherStore(store), key)].filter(
    isDelete,
  );
  const exact = deletes.find(({ versionId }) => versionId !== undefined && versionId === older.versionId);
  const deletedAt = exact?.at ?? Math.min(...deletes.map(({ at }) => at));
  return stacks
    .writesOf(otherStore(store), key)
    .some((write) => isPut(write) && write.etag === newer.etag && write.end > deletedAt);
}
