import type { StoreName } from "../../contract/stores";

/**
 * What is looked at before a flip; each may be overridden by its name.
 *
 * - `standby-health`: Cloudflare's monitors find the store that is to become active healthy, and its pool is enabled.
 * - `standby-answer`: its origin answers, asked from here.
 * - `lag`: it is not further behind than the objective. Cleared by accepting the loss, too.
 * - `exceptions`: the last run, and the last whole pass before it, left no conflicts, strays or failures. Cleared by accepting the loss, too.
 * - `recent-flip`: the active store has not just changed.
 * - `marker`: both resolvers and Cloudflare's record say the same.
 * - `writes-paused`: nobody has paused writers for a planned flip of their own.
 * - `other-flip`: no other flip of this project is unfinished.
 */
export const FLIP_CHECKS = [
  "standby-health",
  "standby-answer",
  "lag",
  "exceptions",
  "recent-flip",
  "marker",
  "writes-paused",
  "other-flip",
] as const;

export type FlipCheck = (typeof FLIP_CHECKS)[number];

/** What is asked for. */
export interface FlipRequest {
  /** The store that is to become active. */
  readonly to: StoreName;
  /** Whether writers are paused first, so that nothing is lost. */
  readonly planned: boolean;
  /** Whether what the standby lacks is given up, until the other store can be read again. */
  readonly acceptLoss: boolean;
  /** Checks that do not count. */
  readonly force: readonly FlipCheck[];
  /** Seconds that the standby may be behind. */
  readonly maxLagSeconds: number;
  /** Seconds for which the active store must not have changed. */
  readonly quietSeconds: number;
}

/** What stands against a flip. */
export interface Refusal {
  readonly check: FlipCheck;
  readonly reason: string;
  /** The command or option that clears it. */
  readonly remedy: string;
}
