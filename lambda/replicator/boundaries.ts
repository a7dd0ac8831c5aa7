import { compareKeys } from "../s3/key-order";
import type { Progress } from "./progress";

/** Keys of the source between two boundaries: what one function copies in a few minutes. */
export const KEYS_PER_RANGE = 25_000;

/** More ranges than these are never made. */
const MOST_BOUNDARIES = 10_000;

/** Samples keys while a pass goes over them, so that the next one can be cut into ranges of equal work. */
export class Boundaries {
  private constructor(
    private readonly keys: string[],
    /** Keys since the last boundary. */
    public since: number,
  ) {}

  /** Goes on where the interrupted pass was, or begins anew. */
  public static continued({ checkpoint, boundaries }: Progress): Boundaries {
    return checkpoint === undefined
      ? new Boundaries([], 0)
      : new Boundaries([...(boundaries ?? [])], checkpoint.sinceBoundary ?? 0);
  }

  /** To be called for every key of the source; keys that take long may come a little late. */
  public passed(key: string): void {
    this.since += 1;
    if (this.since < KEYS_PER_RANGE || this.keys.length >= MOST_BOUNDARIES) return;
    const last = this.keys.at(-1);
    if (last !== undefined && compareKeys(key, last) <= 0) return;
    this.keys.push(key);
    this.since = 0;
  }

  public get all(): readonly string[] | undefined {
    return this.keys.length === 0 ? undefined : this.keys;
  }

  /** Those that an interrupted pass keeps. */
  public upto(key: string): readonly string[] | undefined {
    const kept = this.keys.filter((boundary) => compareKeys(boundary, key) <= 0);
    return kept.length === 0 ? undefined : kept;
  }
}
