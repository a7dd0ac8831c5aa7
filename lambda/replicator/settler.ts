import type { StoreError } from "../s3/store-error";
import { Admission, type AdmissionLimits } from "./admission";
import type { Clock } from "./clock";
import type { ProvenDeletion } from "./place-delete-marker";
import { RetryBudget, type Retrying, withRetries } from "./retry";
import { type Settled, type Stores, type Subject, settleKey } from "./settle-key";

export interface SettlerOptions<S extends Subject = Subject> {
  readonly stores: Stores;
  readonly clock: Clock;
  readonly random: () => number;
  readonly limits?: AdmissionLimits;
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

  /** From then on no key should be started. */
  public get failure(): Failure<S> | undefined {
    return this.broken;
  }

  /** Waits for room, and starts. */
  public async start(subject: S): Promise<void> {
    const ordinal = this.started;
    this.started += 1;
    const { done } = await this.admission.start(subject.source?.size ?? 0, (busy) =>
      this.settle(subject, ordinal, this.retrying(busy)),
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
    return (task) => withRetries(task, { budget: this.budget, clock, random, onRetry });
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
      if (this.broken === undefined) this.broken = { error, undone: subject, ordinal };
      else if (ordinal < this.broken.ordinal) this.broken = { ...this.broken, undone: subject, ordinal };
    }
  }
}
