import { compareKeys } from "../s3/key-order";
import type { ListRequest, ObjectClient } from "../s3/object-client";
import { keyBetween } from "./key-between";
import type { Retrying } from "./retry";

/** A key of the store, and how many keys there are from the sample before it, this one included. */
export interface Sample {
  readonly key: string;
  readonly keys: number;
}

export interface SamplingOptions {
  readonly client: ObjectClient;
  readonly retrying: Retrying;
  /** Only keys after this one. */
  readonly after?: string;
  /** Keys that may lie between the last sample and a part of the key space that is not looked at any more. */
  readonly keysPerRange: number;
  /** Asked before each request: false when time is up. */
  readonly mayGoOn: () => boolean;
  /** Listings that are read at one time. @default 16 */
  readonly readers?: number;
  /** Keys of one page. @default 1000 - the most that S3 gives */
  readonly pageSize?: number;
}

/** Pages that one reader reads before it looks for another to read the second half of what is left. */
const PAGES_BEFORE_SPLIT = 25;

/** Requests that a split may cost: what lies between two keys is mostly empty. */
const MOST_PROBES = 40;

/**
 * Finds out how the keys of a store lie: reads its listing in many places at one time. Where time runs out, the rest of a
 * part is taken for one range.
 *
 * @returns one sample a page, ascending
 */
export async function sampleKeys(options: SamplingOptions): Promise<readonly Sample[]> {
  const work = new Sampling(options);
  await work.read(new Part(options.after));
  if (work.failure) throw work.failure.error;
  return work.samples();
}

/** Keys seldom go on with a character behind it. */
const BEHIND_ASCII = "\u007f";

/** A part of the key space that one reader reads from its beginning. */
class Part {
  public readonly samples: Sample[] = [];
  public pages = 0;
  public splitAt = PAGES_BEFORE_SPLIT;
  public complete = false;

  /** All keys up to this one are read, or belong to another part. */
  public after: string | undefined;

  constructor(
    private readonly from: string | undefined,
    /** The last key that belongs to it; moves down when it is split. */
    public upto?: string,
  ) {
    this.after = from;
  }

  /**
   * A key behind all that begin as those do which were read so far: either others lie behind it, or none do, and the search
   * need not begin at the first character.
   */
  public behindWhatIsShared(): string | undefined {
    const [first = "", last = ""] = [this.samples[0]?.key, this.after];
    let length = 0;
    while (length < first.length && first[length] === last[length]) length += 1;
    // Between two halves of one character nothing can be cut.
    const behind = `${last.slice(0, length).replace(/[\uD800-\uDBFF]$/, "")}${BEHIND_ASCII}`;
    return this.holds(behind) && compareKeys(behind, last) > 0 ? behind : undefined;
  }

  public static inOrder(left: Part, right: Part): number {
    return compareKeys(left.from ?? "", right.from ?? "");
  }

  public holds(key: string): boolean {
    return this.upto === undefined || compareKeys(key, this.upto) <= 0;
  }
}

class Sampling {
  public failure: { readonly error: unknown } | undefined;
  private readonly parts: Part[] = [];
  /** Readers, those included that a part is being looked for. */
  private active = 1;

  constructor(private readonly options: SamplingOptions) {}

  /** Ends when the part is read, and all that were split off from it. */
  public async read(part: Part): Promise<void> {
    this.parts.push(part);
    const others: Promise<void>[] = [];
    try {
      while (!part.complete && this.mayGoOn()) {
        await this.readPage(part);
        if (!this.maySplit(part)) continue;
        this.active += 1;
        const upper = await this.upperHalf(part);
        if (upper) others.push(this.read(upper));
        else this.active -= 1;
      }
    } catch (error) {
      this.failure ??= { error };
    }
    this.active -= 1;
    await Promise.all(others);
  }

  public samples(): readonly Sample[] {
    const ordered = this.parts.toSorted((a, b) =>
      compareKeys(a.samples[0]?.key ?? "", b.samples[0]?.key ?? ""),
    );
    return ordered.flatMap((part) => [...part.samples, ...this.unread(part)]);
  }

  /** So that what nobody looked at becomes a range of its own. */
  private unread({ complete, upto }: Part): readonly Sample[] {
    return complete || upto === undefined ? [] : [{ key: upto, keys: this.options.keysPerRange }];
  }

  private async readPage(part: Part): Promise<void> {
    const { objects, isTruncated } = await this.list({ after: part.after, limit: this.options.pageSize });
    const own = objects.filter(({ key }) => part.holds(key));
    const last = own.at(-1)?.key;
    if (last !== undefined) {
      part.samples.push({ key: last, keys: own.length });
      part.after = last;
    }
    part.pages += 1;
    part.complete = !isTruncated || own.length < objects.length;
  }

  private maySplit({ complete, pages, splitAt }: Part): boolean {
    return !complete && pages >= splitAt && this.active < (this.options.readers ?? 16);
  }

  /** Cuts off the second half of what is left of a part, for another reader. */
  private async upperHalf(part: Part): Promise<Part | undefined> {
    // Where nothing can be found, the next attempt comes later.
    part.splitAt = part.pages * 2;
    let high = part.upto;
    let middle = part.behindWhatIsShared();
    for (let probe = 0; probe < MOST_PROBES && this.mayGoOn(); probe += 1) {
      middle ??= keyBetween(part.after ?? "", high);
      if (middle === undefined) return undefined;
      const [next] = (await this.list({ after: middle, limit: 1 })).objects;
      if (next !== undefined && part.holds(next.key)) {
        const upper = new Part(middle, part.upto);
        part.upto = middle;
        part.splitAt = part.pages + PAGES_BEFORE_SPLIT;
        return upper;
      }
      high = middle;
      middle = undefined;
    }
    return undefined;
  }

  private mayGoOn(): boolean {
    return this.failure === undefined && this.options.mayGoOn();
  }

  private list(request: ListRequest) {
    return this.options.retrying(() => this.options.client.list(request));
  }
}
