import { isKnown, type Known } from "../known";
import type { StandbyNotes } from "../observation";

/** How long a planned flip looks for a pass, and how often. */
export interface PassPatience {
  readonly pollMilliseconds: number;
  readonly giveUpMilliseconds: number;
}

/** What tells of replication while writers are paused. */
export interface ReplicationWatch {
  notes(signal: AbortSignal): Promise<Known<StandbyNotes>>;
  /** The active store's clock, by which sync points are told; unknown when it does not answer. */
  activeClock(signal: AbortSignal): Promise<Known<Date>>;
}

export interface Waiting {
  /** Milliseconds since 1970. */
  now(): number;
  /** Rejects with the signal's reason when it ends. */
  wait(milliseconds: number, signal: AbortSignal): Promise<void>;
}

/** No clean pass ended in the time that was given. */
export class PassNotSeenError extends Error {
  public override readonly name = "PassNotSeenError";
}

/** Whether everything that was acknowledged up to a moment is on the standby; by the active store's clock, both. */
export function vouchesFor(notes: StandbyNotes, moment: Date): boolean {
  // Both are whole seconds, cut off: only a later one is surely later.
  return notes.syncPoint !== undefined && Date.parse(notes.syncPoint) > moment.getTime();
}

/**
 * Waits until a clean pass has ended that began after `quietSince`. Without that moment it waits for two sync points,
 * one after the other: whatever clock they are told by, the pass of the second began after this wait did.
 *
 * @returns the sync point
 * @throws PassNotSeenError; the signal's reason when it ends
 */
export async function awaitCleanPass(
  watch: Pick<ReplicationWatch, "notes">,
  quietSince: Date | undefined,
  patience: PassPatience,
  waiting: Waiting,
  signal: AbortSignal,
): Promise<string> {
  const ends = waiting.now() + patience.giveUpMilliseconds;
  const seen: string[] = [];
  let why = "replication left no note";
  for (;;) {
    const notes = await watch.notes(signal);
    if (isKnown(notes)) {
      const { syncPoint, lastRun } = notes.value;
      if (syncPoint !== undefined && seen.at(-1) !== syncPoint) seen.push(syncPoint);
      // The first was there before.
      const isVouchedFor = quietSince === undefined ? seen.length > 2 : vouchesFor(notes.value, quietSince);
      if (isVouchedFor && syncPoint !== undefined) return syncPoint;
      why = `sync point ${syncPoint ?? "none"}, last run ${lastRun?.outcome ?? "unknown"}`;
    } else {
      why = notes.unknown;
    }
    if (waiting.now() >= ends) {
      const minutes = Math.round(patience.giveUpMilliseconds / 60_000);
      throw new PassNotSeenError(
        `no clean pass ended within ${minutes} min while writers were paused (${why})`,
      );
    }
    await waiting.wait(patience.pollMilliseconds, signal);
  }
}
