import type { EdgeFacts } from "../edge-facts";

/** A fact that is not what it was. */
export interface ChangedFact {
  /** As in `pools.primary.id`. */
  readonly path: string;
  readonly was: string;
  readonly is: string;
}

/** Everything but the time at which it was looked at. */
export function changedFacts(before: EdgeFacts, after: EdgeFacts): readonly ChangedFact[] {
  const now = new Map(leaves(after));
  return leaves(before)
    .filter(([path, was]) => path !== "checkedAt" && now.get(path) !== was)
    .map(([path, was]) => ({ path, was, is: now.get(path) ?? "gone" }));
}

function leaves(value: unknown, path = ""): readonly (readonly [string, string])[] {
  if (typeof value !== "object" || value === null) return [[path, String(value)]];
  return Object.entries(value).flatMap(([key, one]) => leaves(one, path === "" ? key : `${path}.${key}`));
}
