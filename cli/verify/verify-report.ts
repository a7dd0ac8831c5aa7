import { compareKeys } from "../../lambda/s3/key-order";
import type { Depth } from "./compare-key";
import { ASPECTS, type Aspect, type Difference } from "./difference";

/** How many differences, and how many keys that could not be read, a report names; the counts go on. */
export const MOST_NAMED_DIFFERENCES = 1000;

export interface UnreadableKey {
  readonly key: string;
  /** One sentence, without secrets. */
  readonly reason: string;
}

/** What a comparison came to. */
export interface VerifyReport {
  /** `unfinished`: it ended early, or keys could not be read; whatever was found holds all the same. */
  readonly outcome: "equal" | "different" | "unfinished";
  /** Why it ended early. */
  readonly reason?: string;
  readonly compared: Depth;
  /** ISO 8601, this machine's clock. */
  readonly startedAt: string;
  readonly endedAt: string;
  /** Keys that were compared, on whichever side they are. */
  readonly keys: number;
  readonly equal: number;
  readonly different: number;
  /** Keys by what they differ in; one key may differ in several aspects. */
  readonly differencesByAspect: Readonly<Record<Aspect, number>>;
  /** Keys whose ETags differ, and whose bytes are the same. */
  readonly equalInSpiteOfEtags: number;
  /** Of both sides together. */
  readonly bytesRead: number;
  readonly unreadable: number;
  /** The first 1,000, in key order. */
  readonly unreadableKeys: readonly UnreadableKey[];
  /** The first 1,000, in key order. */
  readonly differences: readonly Difference[];
}

/** Counts what a comparison finds. */
export class VerifyTally {
  private equalKeys = 0;
  private differentKeys = 0;
  private inSpiteOfEtags = 0;
  private read = 0;
  private unreadable = 0;
  private readonly byAspect = Object.fromEntries(ASPECTS.map((aspect) => [aspect, 0])) as Record<
    Aspect,
    number
  >;
  private readonly named: Difference[] = [];
  private readonly namedUnreadable: UnreadableKey[] = [];

  public get keys(): number {
    return this.equalKeys + this.differentKeys + this.unreadable;
  }

  public get different(): number {
    return this.differentKeys;
  }

  public get unreadableKeys(): number {
    return this.unreadable;
  }

  public countRead(bytes: number, equalInSpiteOfEtags: boolean): void {
    this.read += bytes;
    if (equalInSpiteOfEtags) this.inSpiteOfEtags += 1;
  }

  public countEqual(): void {
    this.equalKeys += 1;
  }

  public countDifferent(difference: Difference): void {
    this.differentKeys += 1;
    for (const aspect of new Set(difference.findings.map((finding) => finding.aspect)))
      this.byAspect[aspect] += 1;
    if (this.named.length < MOST_NAMED_DIFFERENCES) this.named.push(difference);
  }

  public countUnreadable(key: UnreadableKey): void {
    this.unreadable += 1;
    if (this.namedUnreadable.length < MOST_NAMED_DIFFERENCES) this.namedUnreadable.push(key);
  }

  /** @param reason - why it ended early, if it did */
  public report(more: Pick<VerifyReport, "compared" | "startedAt" | "endedAt" | "reason">): VerifyReport {
    const finished = more.reason === undefined && this.unreadable === 0;
    return {
      outcome: finished ? (this.differentKeys === 0 ? "equal" : "different") : "unfinished",
      ...more,
      keys: this.keys,
      equal: this.equalKeys,
      different: this.differentKeys,
      differencesByAspect: { ...this.byAspect },
      equalInSpiteOfEtags: this.inSpiteOfEtags,
      bytesRead: this.read,
      unreadable: this.unreadable,
      unreadableKeys: byKey(this.namedUnreadable),
      differences: byKey(this.named),
    };
  }
}

/** Keys are done in about the order of the listings, not exactly. */
function byKey<T extends { readonly key: string }>(named: readonly T[]): readonly T[] {
  return named.toSorted((left, right) => compareKeys(left.key, right.key));
}
