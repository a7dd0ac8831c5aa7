import { compareKeys } from "../s3/key-order";
import type { Clock } from "./clock";
import type { DeletePolicy } from "./delete-policy";
import { Deletions } from "./deletions";
import { type Joined, join, type Pair, type Window } from "./diff";
import { KeysAhead, type Relatives, WalkedFamily } from "./family";
import { type KeyRange, KeyReader } from "./key-reader";
import { OutOfTimeError, RetriesExhaustedError } from "./retry";
import { glance } from "./rules";
import type { Settled, Stores, Subject } from "./settle-key";
import { GRACE_MILLISECONDS, Settler, type SettlerOptions } from "./settler";

export interface ReconcileOptions extends Pick<SettlerOptions, "random" | "limits" | "mayStart" | "onRetry"> {
  readonly stores: Stores;
  readonly range: KeyRange;
  readonly deletes: DeletePolicy;
  /** Source's clock; see `glance`. */
  readonly changedSince?: Date;
  /** Keys to look at closely, however equal they look. */
  readonly suspects: { has(key: string): boolean };
  /** Called for every page of keys: tells others that the run is alive. */
  readonly onPage?: () => Promise<void>;
  readonly clock: Clock;
  /** `startedAt` by the runner's clock, where something was asked for this key. */
  readonly onSettled: (pair: Pair, settled: Settled, startedAt?: Date) => void;
}

export interface Reconciled {
  /** A time on the source's clock, by its `Date`, before the first listing was made. Absent: none could be read. */
  readonly began?: Date;
  /** Set when the end was not reached: everything up to this key is done; empty when nothing is. */
  readonly stoppedAfter?: string;
  /** Why the end was not reached, when it was not for want of time. */
  readonly error?: RetriesExhaustedError;
}

const UNCHANGED: Settled = { outcome: "unchanged" };

/** What stands on the destination already has found its place. */
const NONE: Relatives = () => Promise.resolve(undefined);

/**
 * Makes the destination equal to the source, key by key in listing order, in memory that does not grow
 * with the number of keys.
 *
 * @throws DirectionLostError, or the StoreError of a listing, when it is not safe or not possible to go on; nothing is
 *   in flight by then
 */
export async function reconcile(options: ReconcileOptions): Promise<Reconciled> {
  return new Pass(options).run();
}

/** A subject, and the key before it. */
interface Visited extends Subject {
  readonly after: string;
}

class Pass {
  private readonly settler: Settler<Visited>;
  private readonly deletions: Deletions<Visited>;
  private readonly family: WalkedFamily;
  private readonly keysOfSource: KeyReader;
  private readonly keysOfDestination: KeyReader;
  private readonly start: string;
  private lastKey: string;
  private seenOnDestination = 0;

  constructor(private readonly options: ReconcileOptions) {
    const { stores, range, clock, deletes, onSettled } = options;
    this.start = range.after ?? "";
    this.lastKey = this.start;
    this.deletions = new Deletions<Visited>(deletes);
    this.family = new WalkedFamily(stores, range.after);
    this.settler = new Settler<Visited>({
      ...options,
      onSettled,
      onProvenDeletion: (deletion, subject) => {
        const settled = this.deletions.found(deletion, subject);
        if (settled) onSettled(subject, settled);
      },
    });
    const retrying = this.settler.retrying();
    this.keysOfSource = new KeyReader(stores.source, range, clock, retrying);
    this.keysOfDestination = new KeyReader(stores.destination, range, clock, retrying);
  }

  public async run(): Promise<Reconciled> {
    const { stores, mayStart, onSettled } = this.options;
    let reachedEnd = false;
    let error: unknown;
    try {
      reachedEnd = await this.walk();
    } catch (thrown) {
      error = thrown;
    }
    await this.settler.drain();
    error ??= this.settler.failure?.error;
    if (error instanceof OutOfTimeError) error = undefined;
    let left = this.deletions.subjects;
    if (error === undefined) {
      const retrying = this.settler.retrying();
      // Later than other keys: what was in flight when the walk ended had to end first. The first key of a run is always
      // done, or else a run that begins with a deletion might leave it again and again.
      const mayPlace = ({ after }: Visited) =>
        mayStart(after === this.start ? -Infinity : -GRACE_MILLISECONDS);
      left = await this.deletions.place(stores, this.seenOnDestination, retrying, mayPlace, onSettled);
    }
    if (error !== undefined && !(error instanceof RetriesExhaustedError)) throw error;
    const stoppedAfter = this.stoppedAfter(reachedEnd, left);
    return {
      began: this.keysOfSource.began,
      ...(stoppedAfter !== undefined && { stoppedAfter }),
      ...(error !== undefined && { error }),
    };
  }

  /** The key before the first one that is not done. */
  private stoppedAfter(reachedEnd: boolean, left: readonly Visited[]): string | undefined {
    const ends = left.map(({ after }) => after);
    if (this.settler.failure) ends.push(this.settler.failure.undone.after);
    if (!reachedEnd) ends.push(this.lastKey);
    return ends.toSorted(compareKeys)[0];
  }

  private async alive(): Promise<void> {
    const { onPage } = this.options;
    if (onPage) await this.settler.retrying()(onPage);
  }

  /** @returns false when it ended before all keys were met */
  private async walk(): Promise<boolean> {
    let source: Window = { objects: [], complete: false };
    let destination: Window = { objects: [], complete: false };
    for (;;) {
      await this.alive();
      [source, destination] = await Promise.all([
        this.keysOfSource.refill(source),
        this.keysOfDestination.refill(destination),
      ]);
      const joined = join(source, destination);
      const ahead = keysAhead(joined);
      for (const pair of joined.pairs) {
        if (this.settler.failure || !this.options.mayStart(this.deletions.reserve)) return false;
        const started = this.visit(pair, ahead);
        if (started) await started;
        this.lastKey = pair.key;
      }
      ({ source, destination } = joined);
      const atEnd = [source, destination].every((window) => window.complete && window.objects.length === 0);
      if (atEnd) return true;
    }
  }

  /** @returns a promise only where there is something to wait for: most keys are equal, and there may be millions */
  private visit(pair: Pair, ahead: () => KeysAhead): Promise<void> | undefined {
    const { onSettled, changedSince, suspects } = this.options;
    if (pair.destination) this.seenOnDestination += 1;
    this.family.met(pair.key);
    const seen = glance(pair, suspects.has(pair.key) ? undefined : changedSince);
    if (seen === "equal") {
      onSettled(pair, UNCHANGED);
      return undefined;
    }
    const relatives = seen === "absent-on-destination" ? this.family.relativesOf(pair.key, ahead()) : NONE;
    const { key, source, destination } = pair;
    return this.settler.start({ key, source, destination, seen, relatives, after: this.lastKey });
  }
}

/** Made when it is needed first: only keys that are new to the destination ask. */
function keysAhead({ pairs, destination }: Joined): () => KeysAhead {
  let made: KeysAhead | undefined;
  return () => {
    made ??= new KeysAhead(
      [...pairs.filter((pair) => pair.destination), ...destination.objects].map(({ key }) => key),
      destination.complete,
    );
    return made;
  };
}
