import { Admission } from "../../lambda/replicator/admission";
import type { Clock } from "../../lambda/replicator/clock";
import type { Pair } from "../../lambda/replicator/diff";
import {
  RetriesExhaustedError,
  RetryBudget,
  type Retrying,
  withRetries,
} from "../../lambda/replicator/retry";
import { StoreError } from "../../lambda/s3/store-error";
import { compareKey, type Depth, type Sides } from "./compare-key";
import type { Difference } from "./difference";
import { listedPairs } from "./listed-pairs";
import { type VerifyReport, VerifyTally } from "./verify-report";

export interface VerifyOptions extends Sides {
  readonly depth: Depth;
  /** Only keys that begin so. */
  readonly prefix?: string;
  /** Keys that are compared at once. @default 32 */
  readonly concurrency?: number;
  readonly clock: Clock;
  readonly random: () => number;
  /** Aborted: no further key is begun. */
  readonly signal?: AbortSignal;
  /** Told of each difference, beyond those that the report names. */
  readonly onDifference?: (difference: Difference) => void;
  /** Told of each key that is done. */
  readonly onCompared?: (progress: VerifyProgress) => void;
}

export interface VerifyProgress {
  readonly keys: number;
  /** Sizes of the objects of these keys, on one side. */
  readonly bytes: number;
  readonly different: number;
  /** The last key that was done. */
  readonly key: string;
}

/** Objects that are read at once: each fills a connection. */
const MOST_STREAMS = 8;

/** With more, it is no longer single keys that cannot be read. */
const MOST_UNREADABLE = 1000;

/** Compares two stores key by key, in memory that does not grow with the number of keys. Changes nothing. */
export async function verifyStores(options: VerifyOptions): Promise<VerifyReport> {
  return new Verification(options).run();
}

class Verification {
  private readonly tally = new VerifyTally();
  private readonly admission: Admission;
  private readonly inFlight = new Set<Promise<void>>();
  private readonly retrying: Retrying;
  private failure: { readonly error: unknown } | undefined;
  private bytes = 0;

  constructor(private readonly options: VerifyOptions) {
    const atOnce = options.concurrency ?? 32;
    const streams = Math.min(MOST_STREAMS, atOnce);
    this.admission = new Admission({ smallAtFirst: atOnce, smallAtMost: atOnce, streams });
    const { clock, random } = options;
    const budget = new RetryBudget();
    this.retrying = (task) => withRetries(task, { budget, clock, random });
  }

  public async run(): Promise<VerifyReport> {
    const { clock, depth } = this.options;
    const startedAt = clock.wall().toISOString();
    const reason = await this.whyEndedEarly();
    return this.tally.report({ compared: depth, startedAt, endedAt: clock.wall().toISOString(), reason });
  }

  private async whyEndedEarly(): Promise<string | undefined> {
    try {
      const stopped = await this.walk();
      await Promise.all(this.inFlight);
      if (this.failure) throw this.failure.error;
      return stopped ? "interrupted" : undefined;
    } catch (error) {
      if (!(error instanceof StoreError || error instanceof RetriesExhaustedError)) throw error;
      return error.message;
    } finally {
      await Promise.all(this.inFlight);
    }
  }

  /** @returns true when it was asked to stop */
  private async walk(): Promise<boolean> {
    const { signal } = this.options;
    for await (const pairs of listedPairs({ ...this.options, retrying: this.retrying })) {
      for (const pair of pairs) {
        if (this.failure) return false;
        if (signal?.aborted) return true;
        await this.visit(pair);
      }
    }
    return false;
  }

  private async visit(pair: Pair): Promise<void> {
    // Reading an object takes room by its size; asking for its head takes none.
    const size = this.options.depth === "bytes" ? (pair.source?.size ?? 0) : 0;
    const { done } = await this.admission.start(size, () => this.compare(pair));
    const ended = done
      .catch((error: unknown) => {
        this.failure ??= { error };
      })
      .finally(() => this.inFlight.delete(ended));
    this.inFlight.add(ended);
  }

  private async compare(pair: Pair): Promise<void> {
    const { depth, source, destination, onDifference, onCompared } = this.options;
    const { key } = pair;
    try {
      const compared = await compareKey(pair, depth, { source, destination }, this.retrying);
      this.tally.countRead(compared.bytesRead, compared.equalInSpiteOfEtags);
      if (compared.findings.length === 0) this.tally.countEqual();
      else {
        const difference = { key, findings: compared.findings };
        this.tally.countDifferent(difference);
        onDifference?.(difference);
      }
    } catch (error) {
      if (!(error instanceof StoreError)) throw error;
      this.tally.countUnreadable({ key, reason: error.message });
      if (this.tally.unreadableKeys >= MOST_UNREADABLE) throw error;
    }
    this.bytes += pair.source?.size ?? pair.destination?.size ?? 0;
    onCompared?.({ key, keys: this.tally.keys, bytes: this.bytes, different: this.tally.different });
  }
}
