import { StoreError } from "../s3/store-error";
import { type DeletePolicy, deletionCap } from "./delete-policy";
import { MarkerPlacement, type ProvenDeletion } from "./place-delete-marker";
import { OutOfTimeError, RetriesExhaustedError, type Retrying } from "./retry";
import type { Settled, Stores, Subject } from "./settle-key";

/** A proven deletion with the key as it was met. */
interface Candidate<S> {
  readonly deletion: ProvenDeletion;
  readonly subject: S;
}

/** Keys that are remembered until their number is known: all that there are may have been deleted. */
const MOST_REMEMBERED = 2_000;

/** Delete markers that are placed at one time. */
const IN_FLIGHT = 16;

/** What one takes at most, usually: five requests, one after the other. */
const EXPECTED_MILLISECONDS = 800;

/**
 * The proven deletions of one run. They are placed at its end, all or none: a run that finds more than it may place
 * has met a mistake, or somebody's deliberate act, and people should look first.
 */
export class Deletions<S extends Subject = Subject> {
  private readonly candidates: Candidate<S>[] = [];
  /** Found when it was clear already that none is placed. */
  private readonly beyond: S[] = [];
  /** Found when there were too many even to remember them. */
  private forgotten = 0;

  constructor(private readonly policy: DeletePolicy) {}

  /** Milliseconds to be kept for `place`. */
  public get reserve(): number {
    return this.beyond.length === 0 ? (this.candidates.length * EXPECTED_MILLISECONDS) / IN_FLIGHT : 0;
  }

  /** The keys of which it is still to be told what became of them, in no order. */
  public get subjects(): readonly S[] {
    return [...this.candidates.map(({ subject }) => subject), ...this.beyond];
  }

  /** @returns what becomes of this key, where that is clear already: it is one of too many */
  public found(deletion: ProvenDeletion, subject: S): Settled | undefined {
    const { mode, mostKeys } = this.policy;
    if (mode !== "markers") return mode === "off" ? SWITCHED_OFF : LEFT_TO_A_SWEEP;
    // More than these are not placed anyway, and need not be remembered with their versions.
    if (this.candidates.length <= mostKeys) this.candidates.push({ deletion, subject });
    else if (this.beyond.length < MOST_REMEMBERED) this.beyond.push(subject);
    else {
      this.forgotten += 1;
      return withheld(`more than ${MOST_REMEMBERED}`, mostKeys);
    }
    return undefined;
  }

  /**
   * @param seenOnDestination - keys that the run saw there
   * @param mayStart - false when the run should end, and this one be left
   * @returns the keys that were left for want of time; another run has to find them again
   * @throws DirectionLostError
   */
  public async place(
    stores: Stores,
    seenOnDestination: number,
    retrying: Retrying,
    mayStart: (subject: S) => boolean,
    onSettled: (subject: S, settled: Settled) => void,
  ): Promise<readonly S[]> {
    const reason = this.whyNone(seenOnDestination);
    if (reason !== undefined) {
      for (const subject of this.subjects) onSettled(subject, reason);
      return [];
    }
    const left: S[] = [];
    const waiting = this.candidates.values();
    const lane = async () => {
      for (const { deletion, subject } of waiting) {
        const settled = mayStart(subject) ? await placed(deletion, stores, retrying) : undefined;
        if (settled === undefined) left.push(subject);
        else onSettled(subject, settled);
      }
    };
    const ended = await Promise.allSettled(Array.from({ length: IN_FLIGHT }, lane));
    const rejected = ended.find((outcome) => outcome.status === "rejected");
    if (rejected) throw rejected.reason;
    return left;
  }

  private whyNone(seen: number): Settled | undefined {
    const found = this.candidates.length + this.beyond.length + this.forgotten;
    const cap = deletionCap(this.policy, seen);
    return found <= cap ? undefined : withheld(String(found), cap);
  }
}

const SWITCHED_OFF: Settled = {
  outcome: "stray",
  reason: "deleted on the source; deletions are switched off",
};

const LEFT_TO_A_SWEEP: Settled = {
  outcome: "withheld",
  reason: "deleted on the source; the next sweep, which can tell how many keys are, decides about it",
};

function withheld(found: string, cap: number): Settled {
  return {
    outcome: "withheld",
    reason: `deleted on the source, as ${found} keys are; one run may place ${cap} delete markers, so it placed none`,
  };
}

/** @returns undefined when it came to nothing for want of time */
async function placed(
  deletion: ProvenDeletion,
  stores: Stores,
  retrying: Retrying,
): Promise<Settled | undefined> {
  if (stores.dryRun) return { outcome: "removed" };
  const placement = new MarkerPlacement(deletion, stores);
  try {
    return await retrying(() => placement.place());
  } catch (error) {
    if (error instanceof OutOfTimeError) return undefined;
    if (error instanceof StoreError || error instanceof RetriesExhaustedError)
      return { outcome: "failed", reason: error.message };
    throw error;
  }
}
