import type { Pair } from "./diff";
import { looksEqual } from "./rules";
import type { Settled } from "./settle-key";

/** How many keys are remembered. */
const MOST_KEYS = 1000;

/**
 * Keys whose difference no listing shows, as a conflict about headers alone: once the watermark has passed
 * them they would be taken for equal, and never be reported again. So each pass looks at them.
 */
export class Suspects {
  /** From earlier runs, and not met yet in this one. */
  private readonly earlier: Set<string>;
  private readonly found = new Set<string>();

  constructor(keys: readonly string[] = []) {
    this.earlier = new Set(keys);
  }

  public has(key: string): boolean {
    return this.earlier.has(key);
  }

  public settled(pair: Pair, { outcome }: Settled): void {
    this.earlier.delete(pair.key);
    const isEqual = outcome === "unchanged" || outcome === "copied";
    // One more than may be remembered, so that the rest of an interrupted pass knows that some are missing.
    if (looksEqual(pair) && !isEqual && this.found.size <= MOST_KEYS) this.found.add(pair.key);
  }

  /**
   * What to remember for the next run.
   *
   * @param sawAll - whether this run went over all keys: a suspect that it did not meet is gone
   */
  public remembered(sawAll: boolean): {
    readonly keys: readonly string[] | undefined;
    readonly complete: boolean;
  } {
    const keys = [...this.found, ...(sawAll ? [] : this.earlier)];
    return {
      keys: keys.length === 0 ? undefined : keys.slice(0, MOST_KEYS + 1),
      complete: keys.length <= MOST_KEYS,
    };
  }
}
