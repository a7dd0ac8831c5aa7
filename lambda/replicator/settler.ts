import type { StoreError } from "../s3/store-error";
import { Admission, type AdmissionLimits } from "./admission";
import type { Clock } from "./clock";
import type { ProvenDeletion } from "./place-delete-marker";
import { OutOfTimeError, RetryBudget, type Retrying, withRetries } from "./retry";
import { type Settled, type Stores, type Subject, settleKey } from "./settle-key";

/**
 * So much later than a key is begun, another attempt or part of one that was begun before may begin. What still is on its
 * way then has to end before the process does.
 */
export const GRACE_MILLISECONDS = 10_000;

export interface SettlerOptions<S extends Subject = Subject> {
  readonly stores: Stores;
  readonly clock: Clock;
  readonly random: () => number;
  readonly limits?: AdmissionLimits;
  /**
   * Asked before each key, and before each attempt or part of one: false when that should not be begun.
   *
   * @param reserveMilliseconds - time that is needed at the end; negative: that it may take longer
   */
  readonly mayStart: (reserveMilliseconds?: number) => boolean;
  /** Told of each failure that another attempt follows. */
  readonly onRetry?: (error: StoreError) => void;
  /** Called once for each key that is done; not for one whose deletion is proven, and still to be placed. */
  readonly onSettled: (subject: S, settled: Settled, startedAt: Date) => void;
  readonly onProvenDeletion: (deletion: ProvenDeletion, subject: S) => void;
}

/** Why the run cannot go on. */
export interface Failure<S extends Subject> {
  readonly error: unknown;
  /** The first key, in the order of starts, that this left undone. */
  readonly undone: S;
  readonly ordinal: number;
}

/** Settles many keys at one time, as many as the stores take. */
export class Settler<S extends Subject = Subject> {
  public readonly admission: Admission;
  private readonly budget = new RetryBudget();
  private readonly inFlight = new Set<Promise<void>>();
  private started = 0;
  private broken: Failure<S> | undefined;

  constructor(private readonly options: SettlerOptions<S>) {
    this.admission = new Admission(options.limits);
  }

  /** From then on no key should be started. An `OutOfTimeError` only where there is no other. */
  public get failure(): Failure<S> | undefined {
    return this.broken;
  }

  /** Waits for room, and starts. */
  public async start(subject: S): Promise<void> {
    const ordinal = this.started;
    this.started += 1;
    const { done } = await this.admission.start(subject.source?.size ?? 0, (busy) =>
      this.settle(subject, ordinal, this.whileTimeLasts(this.retrying(busy))),
    );
    this.inFlight.add(done);
    void done.then(() => this.inFlight.delete(done));
  }

  /** Resolves when nothing is in flight any more. */
  public async drain(): Promise<void> {
    await Promise.all(this.inFlight);
  }

  /** @param busy - told when a store asks for less */
  public retrying(busy: () => void = () => undefined): Retrying {
    const { clock, random } = this.options;
    const onRetry = (error: StoreError) => {
      this.options.onRetry?.(error);
      if (error.kind === "throttled" || error.kind === "timeout") busy();
    };
    const mayGoOn = () => this.mayGoOn;
    return (task) => withRetries(task, { budget: this.budget, clock, random, onRetry, mayGoOn });
  }

  private get mayGoOn(): boolean {
    return this.options.mayStart(-GRACE_MILLISECONDS);
  }

  /** An object in thousands of parts takes longer than a process lives. */
  private whileTimeLasts(retrying: Retrying): Retrying {
    return (task) => (this.mayGoOn ? retrying(task) : Promise.reject(new OutOfTimeError("time is up")));
  }

  /** Never rejects: what ends the run is kept for it. */
  private async settle(subject: S, ordinal: number, retrying: Retrying): Promise<void> {
    const { clock, stores, onSettled, onProvenDeletion } = this.options;
    try {
      const startedAt = clock.wall();
      const settled = await settleKey(subject, stores, retrying);
      if (settled.outcome === "to-be-removed") onProvenDeletion(settled.deletion, subject);
      else onSettled(subject, settled, startedAt);
    } catch (error) {
      const before = this.broken;
      const first = before === undefined || ordinal < before.ordinal ? { undone: subject, ordinal } : before;
      const isBetter = before === undefined || before.error instanceof OutOfTimeError;
      this.broken = { ...first, error: isBetter ? error : before.error };
    }
  }
}
