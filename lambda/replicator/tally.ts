import type { StoreError } from "../s3/store-error";
import { EXCEPTION_KINDS, type ExceptionKind, type KeyException, type RunReport } from "./report";
import type { Settled } from "./settle-key";

/** How many exceptions a report names; the counts go on. */
export const MOST_NAMED_EXCEPTIONS = 1000;

type Figures = Pick<
  RunReport,
  "listed" | "copied" | "copiedBytes" | "removed" | "unchanged" | "retries" | "exceptionCounts" | "exceptions"
>;

/** Counts what a run did. */
export class Tally {
  private copied = 0;
  private copiedBytes = 0;
  private removed = 0;
  private unchanged = 0;
  private retries = 0;
  private readonly counts = zeroCounts();
  private readonly named: KeyException[] = [];

  public count(key: string, settled: Settled): void {
    if (settled.outcome === "unchanged") {
      this.unchanged += 1;
    } else if (settled.outcome === "copied") {
      this.copied += 1;
      this.copiedBytes += settled.size;
    } else if (settled.outcome === "removed") {
      this.removed += 1;
    } else {
      this.counts[settled.outcome] += 1;
      if (this.named.length < MOST_NAMED_EXCEPTIONS) {
        this.named.push({ key, kind: settled.outcome, reason: settled.reason });
      }
    }
  }

  /** These options, with what is tried again counted here. */
  public countingRetries<O extends { readonly onRetry?: (error: StoreError) => void }>(options: O): O {
    return {
      ...options,
      onRetry: (error: StoreError) => {
        this.retries += 1;
        options.onRetry?.(error);
      },
    };
  }

  /** Keys that could not be made equal and will be tried again. */
  public get failed(): number {
    return this.counts.failed;
  }

  /** Proven deletions that were not placed. */
  public get withheld(): number {
    return this.counts.withheld;
  }

  /** Keys that were not made equal, for whatever reason. */
  public get exceptions(): number {
    return EXCEPTION_KINDS.reduce((sum, kind) => sum + this.counts[kind], 0);
  }

  public figures(): Figures {
    return {
      listed: this.copied + this.unchanged + this.exceptions - this.counts.stray - this.counts.withheld,
      copied: this.copied,
      copiedBytes: this.copiedBytes,
      removed: this.removed,
      unchanged: this.unchanged,
      retries: this.retries,
      exceptionCounts: { ...this.counts },
      exceptions: [...this.named],
    };
  }
}

function zeroCounts(): Record<ExceptionKind, number> {
  return { conflict: 0, late: 0, deleted: 0, stray: 0, withheld: 0, unsupported: 0, failed: 0 };
}
