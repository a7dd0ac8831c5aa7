import type { InvariantId } from "./invariant-ids";

/** What must always hold, in plain words. */
export const INVARIANT_TEXTS: Readonly<Record<InvariantId, string>> = {
  I1: "Every write acknowledged before the reported sync point is on the standby, named exceptions aside.",
  I2: "The reported data loss (RPO) is the true value or an upper bound, never lower.",
  I3: "Later than the fence F after a flip, no replication write changes the active store.",
  I4: "No version of any object is lost: every acknowledged write and every copy is still in its store.",
  I5: "A write is replaced only by its descendant; conflicts keep both sides.",
  I6: "Only a proven deletion deletes, and what was deleted never comes back from the other side.",
  I7: "Replicating twice changes nothing the second time.",
  I8: "At no step of a flip does the edge have no healthy pool because of the flip.",
  I9: "The flip needs no answer from the store that is down.",
  I10: "Replicas equal their originals in bytes, headers, user metadata and tags.",
  I11: "No secret in synthesized JSON, environments, logs or reports.",
  I12: "The figures equal those recomputed from the raw event log.",
};

/** The verdict on one invariant, from the log alone. */
export interface InvariantVerdict {
  readonly id: InvariantId;
  /** Absent: it was not decided; `evidence` says why. */
  readonly holds?: boolean;
  /** False where nothing happened that could have broken it. True and undecided: the log does not hold what is needed. */
  readonly applies: boolean;
  readonly text: string;
  /** One sentence: what was looked at, with counts. */
  readonly evidence: string;
  /** The first of what breaks it. */
  readonly violations: readonly string[];
}

const VIOLATIONS_SHOWN = 20;

export function verdict(id: InvariantId, evidence: string, violations: readonly string[]): InvariantVerdict {
  const more = violations.length - VIOLATIONS_SHOWN;
  return {
    id,
    holds: violations.length === 0,
    applies: true,
    text: INVARIANT_TEXTS[id],
    evidence: more > 0 ? `${evidence} ${more} more violations are not listed.` : evidence,
    violations: violations.slice(0, VIOLATIONS_SHOWN),
  };
}

/** The log should hold what is needed to decide it, and does not. */
export function notChecked(id: InvariantId, why: string): InvariantVerdict {
  return { id, applies: true, text: INVARIANT_TEXTS[id], evidence: `Not checked: ${why}.`, violations: [] };
}

/** Nothing happened in the run that could have broken it. */
export function notApplicable(id: InvariantId, why: string): InvariantVerdict {
  return {
    id,
    applies: false,
    text: INVARIANT_TEXTS[id],
    evidence: `Not applicable: ${why}.`,
    violations: [],
  };
}

/** A key inside a sentence: quoted, control characters escaped. */
export function quoted(key: string): string {
  return JSON.stringify(key);
}

/** `1 write`, `2,137 writes`. */
export function counted(count: number, thing: string): string {
  return `${count.toLocaleString("en-US")} ${thing}${count === 1 ? "" : "s"}`;
}
