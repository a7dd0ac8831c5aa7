import type { ProbeDesk } from "./probe-desk";

/**
 * What a lacking capability takes away.
 *
 * - `required`: replication is not safe, or does not work.
 * - `deletions`: nothing may be deleted, or written over what is no replica.
 * - `exceptions`: some objects are reported instead of replicated, or cost more.
 */
export type Need = "required" | "deletions" | "exceptions";

export type Observed = "yes" | "no" | "unknown";

export interface Observation {
  readonly result: Observed;
  /** What was seen, where yes or no does not say it all. */
  readonly detail?: string;
}

/** Something that replication wants of a store, and how it is tried. */
export interface Capability {
  /** Stable, for `--json`. */
  readonly id: string;
  readonly title: string;
  readonly need: Need;
  /** What it means for replication that it is not there. */
  readonly without: string;
  /** May reject with a StoreError: then the store cannot do it, unless the error says something else. */
  try(desk: ProbeDesk): Promise<Observation>;
}

export const YES: Observation = { result: "yes" };

export function no(detail: string): Observation {
  return { result: "no", detail };
}
