import { StoreError } from "../s3/store-error";
import { type DeletePolicy, deletionCap } from "./delete-policy";
import { type ProvenDeletion, placeDeleteMarker } from "./place-delete-marker";
import type { Retrying, Settled, Stores, Subject } from "./settle-key";

/** A proven deletion with the key as it was met. */
interface Candidate {
  readonly deletion: ProvenDeletion;
  readonly subject: Subject;
}

/** Delete markers that are placed at one time. */
const IN_FLIGHT = 16;

/**
 * The proven deletions of one run. They are placed at its end, all or none: a run that finds more than it may place
 * has met a mistake, or somebody's deliberate act, and people should look first.
 */
export class Deletions {
  private readonly candidates: Candidate[] = [];
  private readonly beyond: Subject[] = [];

  constructor(private readonly policy: DeletePolicy) {}

  public found(deletion: ProvenDeletion, subject: Subject): void {
    // More than these are not placed anyway, and need not be remembered with their versions.
    if (this.candidates.length <= this.policy.mostKeys) this.candidates.push({ deletion, subject });
    else this.beyond.push(subject);
  }

  /**
   * @param seenOnDestination - keys that the run saw there
   * @param mayStart - false when the run should end: what is left is found again by the next one
   * @throws DirectionLostError, RetriesExhaustedError
   */
  public async place(
    stores: Stores,
    seenOnDestination: number,
    retrying: Retrying,
    mayStart: () => boolean,
    onSettled: (subject: Subject, settled: Settled) => void,
  ): Promise<void> {
    const reason = this.whyNone(seenOnDestination);
    if (reason !== undefined) {
      for (const subject of [...this.candidates.map((candidate) => candidate.subject), ...this.beyond]) {
        onSettled(subject, reason);
      }
      return;
    }
    const waiting = this.candidates.values();
    const lane = async () => {
      for (const { deletion, subject } of waiting) {
        if (!mayStart()) {
          onSettled(subject, { outcome: "failed", reason: "not deleted: the run ended before" });
          continue;
        }
        onSettled(subject, stores.dryRun ? { outcome: "removed" } : await placed(deletion, stores, retrying));
      }
    };
    const ended = await Promise.allSettled(Array.from({ length: IN_FLIGHT }, lane));
    const rejected = ended.find((outcome) => outcome.status === "rejected");
    if (rejected) throw rejected.reason;
  }

  private whyNone(seen: number): Settled | undefined {
    if (this.policy.mode === "off") {
      return { outcome: "stray", reason: "deleted on the source; deletions are switched off" };
    }
    const found = this.candidates.length + this.beyond.length;
    const cap = deletionCap(this.policy, seen);
    if (found <= cap) return undefined;
    return {
      outcome: "withheld",
      reason: `deleted on the source, as ${found} keys are; one run may place ${cap} delete markers, so it placed none`,
    };
  }
}

async function placed(deletion: ProvenDeletion, stores: Stores, retrying: Retrying): Promise<Settled> {
  try {
    return await retrying(() => placeDeleteMarker(deletion, stores));
  } catch (error) {
    if (error instanceof StoreError) return { outcome: "failed", reason: error.message };
    throw error;
  }
}
