import { compareKeys } from "../s3/key-order";
import type { ListedObject, ObjectClient } from "../s3/object-client";
import { StoreError } from "../s3/store-error";
import { Admission, type AdmissionLimits } from "./admission";
import type { Clock } from "./clock";
import { join, type Pair, type Window } from "./diff";
import { RetryBudget, withRetries } from "./retry";
import { glance } from "./rules";
import { type Retrying, type Settled, type Stores, settleKey } from "./settle-key";

export interface ReconcileOptions extends Stores {
  /** Only keys after this one. */
  readonly after?: string;
  /** Source's clock; see `glance`. */
  readonly changedSince?: Date;
  /** Keys to look at closely, however equal they look. */
  readonly suspects: { has(key: string): boolean };
  /** Monotonic milliseconds at which no further key is begun. */
  readonly deadline: number;
  readonly clock: Clock;
  readonly random: () => number;
  readonly limits?: AdmissionLimits;
  readonly onSettled: (pair: Pair, settled: Settled, startedAt: Date) => void;
}

export interface Reconciled {
  /** A time on the source's clock, by its `Date`, before the first listing was made. */
  readonly began: Date;
  /** The last key that was done, when time ran out before the end. */
  readonly stoppedAfter?: string;
}

/**
 * Makes the destination equal to the source, key by key in listing order, in memory that does not grow
 * with the number of keys.
 *
 * @throws DirectionLostError, RetriesExhaustedError, or the StoreError of a listing, when it is not safe or
 *   not possible to go on; every copy in flight has ended by then
 */
export async function reconcile(options: ReconcileOptions): Promise<Reconciled> {
  return new Pass(options).run();
}

class Pass {
  private readonly admission: Admission;
  private readonly budget = new RetryBudget();
  private readonly inFlight = new Set<Promise<void>>();
  private readonly keysOfSource: KeyReader;
  private readonly keysOfDestination: KeyReader;
  private lastKey: string | undefined;
  private failure: { readonly error: unknown } | undefined;

  constructor(private readonly options: ReconcileOptions) {
    this.admission = new Admission(options.limits);
    const { source, destination, after, clock } = options;
    const retrying = this.retrying(() => undefined);
    this.keysOfSource = new KeyReader(source, after, clock, retrying);
    this.keysOfDestination = new KeyReader(destination, after, clock, retrying);
  }

  public async run(): Promise<Reconciled> {
    try {
      const reachedEnd = await this.walk();
      await Promise.all(this.inFlight);
      if (this.failure) throw this.failure.error;
      const began = this.keysOfSource.began;
      if (began === undefined) throw new Error("no listing was read");
      return {
        began,
        ...(!reachedEnd && { stoppedAfter: this.lastKey ?? this.options.after ?? "" }),
      };
    } finally {
      await Promise.all(this.inFlight);
    }
  }

  /** @returns false when time ran out before the end */
  private async walk(): Promise<boolean> {
    let source: Window = { objects: [], complete: false };
    let destination: Window = { objects: [], complete: false };
    for (;;) {
      [source, destination] = await Promise.all([
        this.keysOfSource.refill(source),
        this.keysOfDestination.refill(destination),
      ]);
      const joined = join(source, destination);
      for (const pair of joined.pairs) {
        if (this.failure) return false;
        if (this.options.clock.monotonic() >= this.options.deadline) return false;
        await this.visit(pair);
        this.lastKey = pair.key;
      }
      ({ source, destination } = joined);
      const atEnd = [source, destination].every((window) => window.complete && window.objects.length === 0);
      if (atEnd) return true;
    }
  }

  private async visit(pair: Pair): Promise<void> {
    const { onSettled, clock, changedSince, suspects } = this.options;
    const seen = glance(pair, suspects.has(pair.key) ? undefined : changedSince);
    if (seen === "equal") {
      onSettled(pair, { outcome: "unchanged" }, clock.wall());
      return;
    }
    const { done } = await this.admission.start(pair.source?.size ?? 0, async (busy) => {
      const startedAt = clock.wall();
      const settled = await settleKey(pair.key, seen, this.options, this.retrying(busy));
      onSettled(pair, settled, startedAt);
    });
    this.follow(done);
  }

  private follow(done: Promise<void>): void {
    const ended = done
      .catch((error: unknown) => {
        this.failure ??= { error };
      })
      .finally(() => this.inFlight.delete(ended));
    this.inFlight.add(ended);
  }

  private retrying(busy: () => void): Retrying {
    const { clock, random } = this.options;
    const onRetry = (error: StoreError) => {
      if (error.kind === "throttled" || error.kind === "timeout") busy();
    };
    return (task) => withRetries(task, { budget: this.budget, clock, random, onRetry });
  }
}

/** Reads one store's listing page by page. */
class KeyReader {
  /** The server's `Date` at the first page, less the time that the request took: it may be told when the page is made. */
  public began: Date | undefined;

  constructor(
    private readonly client: ObjectClient,
    private after: string | undefined,
    private readonly clock: Clock,
    private readonly retrying: Retrying,
  ) {}

  public async refill(window: Window): Promise<Window> {
    let { objects, complete } = window;
    while (objects.length === 0 && !complete) {
      const askedAt = this.clock.monotonic();
      const page = await this.retrying(() => this.client.list({ after: this.after }));
      this.began ??= new Date(page.serverDate.getTime() - (this.clock.monotonic() - askedAt));
      this.refuseDisorder(page.objects);
      ({ objects } = page);
      complete = !page.isTruncated;
      this.after = objects.at(-1)?.key ?? this.after;
      if (!complete && objects.length === 0) throw this.malformed("a page that is not the last one is empty");
    }
    return { objects, complete };
  }

  /** A listing out of order would make keys look absent. */
  private refuseDisorder(objects: readonly ListedObject[]): void {
    let before = this.after;
    for (const { key } of objects) {
      if (before !== undefined && compareKeys(before, key) >= 0) {
        throw this.malformed(
          `the listing is not ascending: ${JSON.stringify(key)} follows ${JSON.stringify(before)}`,
        );
      }
      before = key;
    }
  }

  private malformed(message: string): StoreError {
    return new StoreError(message, {
      kind: "malformed-answer",
      operation: "ListObjectsV2",
      bucket: this.client.bucket,
    });
  }
}
