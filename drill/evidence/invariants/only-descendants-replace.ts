import { otherStore, STORE_NAMES } from "../../../contract/stores";
import type { RunHistory } from "../run-history";
import { counted, type InvariantVerdict, notChecked, quoted, verdict } from "./invariant";
import { type Replacement, VersionStacks } from "./version-stacks";

/** I5: lineage from the version stacks of both stores, and both sides of every conflict untouched. */
export function onlyDescendantsReplace(history: RunHistory): InvariantVerdict {
  const stacks = VersionStacks.of(history);
  if (stacks === undefined) return notChecked("I5", "both stores were not surveyed at the end");
  const violations: string[] = [];
  let replaced = 0;
  for (const replacement of stacks.replacements()) {
    if (replacement.older.isDeleteMarker) continue;
    replaced += 1;
    if (!isDescendant(stacks, replacement)) {
      violations.push(
        `on ${replacement.store}, ${quoted(replacement.key)} was replaced by a copy that does not descend from it`,
      );
    }
  }
  const conflicts = conflictKeys(history);
  for (const key of conflicts) {
    for (const store of STORE_NAMES) {
      const written = stacks.writesOf(store, key).findLast(({ outcome }) => outcome === "acknowledged");
      if (written?.operation === "put" && written.etag !== stacks.currentEtag(store, key)) {
        violations.push(`conflict ${quoted(key)}: what was written on ${store} is no longer current there`);
      }
    }
  }
  return verdict(
    "I5",
    `${counted(replaced, "replacement")} by replication traced back, and both sides of ${counted(conflicts.length, "conflict")} looked at.`,
    violations,
  );
}

/** Keys that any run named as written on both sides, sorted. */
export function conflictKeys(history: RunHistory): readonly string[] {
  const keys = history
    .of("replication")
    .flatMap(({ report }) =>
      report.exceptions.flatMap(({ kind, key }) => (kind === "conflict" ? [key] : [])),
    );
  return [...new Set(keys)].sort();
}

/**
 * The other store's own history must lead from the older value to the newer one. An original is only
 * continued by a store that held a replica of it: equal bytes written on both sides are two originals.
 */
function isDescendant(stacks: VersionStacks, { store, key, newer, older, otherStack }: Replacement): boolean {
  if (newer.etag === older.etag) return true;
  const source = otherStore(store);
  const original = !stacks.isReplica(store, key, older);
  const reached = otherStack.findIndex(({ etag }) => etag === newer.etag);
  return (
    reached >= 0 &&
    otherStack
      .slice(reached + 1)
      .some((version) => version.etag === older.etag && (!original || stacks.isReplica(source, key, version)))
  );
}
