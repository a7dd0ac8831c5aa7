import type { BatchDeleteResult, DeleteTarget } from "./object-client";

/** The most targets that one DeleteObjects request may name. */
export const GREATEST_BATCH = 1000;

/** One `Deleted` or `Error` element of the answer. */
export interface BatchOutcome {
  readonly key: string;
  readonly versionId?: string | undefined;
  readonly result: BatchDeleteResult;
}

/** Whether a batch can name this key: it travels in XML, which has no place for control characters. */
export function batchCanName(key: string): boolean {
  // With the flag `u`, Cs is a surrogate that stands alone.
  return !/[\p{Cc}\p{Cs}\uFFFE\uFFFF]/u.test(key);
}

/** The outcomes in the order of the targets; undefined for one that the answer left out. */
export function inOrderOfTargets(
  targets: readonly DeleteTarget[],
  outcomes: readonly BatchOutcome[],
): (BatchDeleteResult | undefined)[] {
  const byTarget = new Map(outcomes.map(({ key, versionId, result }) => [name(key, versionId), result]));
  return targets.map(({ key, versionId }) => byTarget.get(name(key, versionId)));
}

function name(key: string, versionId: string | undefined): string {
  // No version id has a space; a key may.
  return `${versionId ?? ""} ${key}`;
}
