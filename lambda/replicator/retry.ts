import { StoreError } from "../s3/store-error";
import type { Clock } from "./clock";

/** Retries cost more than they give once most requests need one: the store is gone, and the run should say so. */
export class RetriesExhaustedError extends Error {
  public override readonly name = "RetriesExhaustedError";
}

/** Time is up: what was begun is not finished, and left to the next run. */
export class OutOfTimeError extends Error {
  public override readonly name = "OutOfTimeError";
}

/**
 * The whole run's allowance of retries: each costs one, each success earns half of one back. So a run goes on as long as
 * two of three keys are done at the first attempt, which is a bad line, and ends soon where hardly any is.
 */
export class RetryBudget {
  private readonly most: number;

  constructor(private tokens = 100) {
    this.most = tokens;
  }

  public earn(): void {
    this.tokens = Math.min(this.most, this.tokens + 0.5);
  }

  /** @returns false when nothing is left */
  public spend(): boolean {
    if (this.tokens < 1) return false;
    this.tokens -= 1;
    return true;
  }
}

export interface RetryOptions {
  readonly budget: RetryBudget;
  readonly clock: Clock;
  /** A number from 0 up to 1. */
  readonly random: () => number;
  /** Told of each failure that a retry follows. */
  readonly onRetry?: (error: StoreError) => void;
  /** @default 5 */
  readonly attempts?: number;
  /** Asked before each attempt but the first: false when time is up. @default - there is time */
  readonly mayGoOn?: () => boolean;
}

/** Repeats a request that may succeed when it is tried again. */
export type Retrying = <T>(task: () => Promise<T>) => Promise<T>;

/**
 * The failure of the last attempt. What contains such a task is not repeated for it: one object whose parts cannot be read
 * would else use up the run's whole budget, in every run, and no run would come past it.
 */
class GivenUpError extends StoreError {
  constructor(last: StoreError) {
    super(last.message, last);
  }
}

const FIRST_PAUSE_MILLISECONDS = 100;
const LONGEST_PAUSE_MILLISECONDS = 5_000;

/**
 * Repeats `task` as one unit while it fails in a way that may pass, with full jitter between attempts.
 *
 * @throws RetriesExhaustedError when the run's budget is used up; OutOfTimeError when time is; else whatever `task`
 *   rejected with last
 */
export async function withRetries<T>(task: () => Promise<T>, options: RetryOptions): Promise<T> {
  const attempts = options.attempts ?? 5;
  for (let attempt = 1; ; attempt += 1) {
    try {
      const result = await task();
      options.budget.earn();
      return result;
    } catch (error) {
      if (!(error instanceof StoreError) || !error.retryable || error instanceof GivenUpError) throw error;
      if (!options.budget.spend()) {
        throw new RetriesExhaustedError(`too many requests fail; the last one: ${error.message}`, {
          cause: error,
        });
      }
      if (attempt === attempts) throw new GivenUpError(error);
      options.onRetry?.(error);
      const ceiling = Math.min(LONGEST_PAUSE_MILLISECONDS, FIRST_PAUSE_MILLISECONDS * 2 ** (attempt - 1));
      await options.clock.sleep(options.random() * ceiling);
      if (options.mayGoOn?.() === false) throw new OutOfTimeError(error.message, { cause: error });
    }
  }
}
