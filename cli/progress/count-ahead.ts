import { isReservedKey } from "../../contract/state-keys";
import type { ObjectClient } from "../../lambda/s3/object-client";
import type { Work } from "./pace";

/**
 * Counts the source's objects while the work goes on, by one listing that runs ahead of it: only so can it be
 * said how much is left. Gives up silently: it is for display, and whatever fails here fails there as well.
 */
export class CountAhead {
  private counted: Work = { keys: 0, bytes: 0 };
  private complete = false;

  constructor(
    private readonly source: ObjectClient,
    private readonly prefix: string | undefined,
    private readonly signal: AbortSignal,
  ) {}

  /** Undefined until the whole listing was read. */
  public get total(): Work | undefined {
    return this.complete ? this.counted : undefined;
  }

  /** @param first - the first key that was done: an interrupted walk goes on in the middle */
  public async run(first: string): Promise<void> {
    let after: string | undefined = first;
    try {
      while (!this.signal.aborted) {
        const page = await this.source.list({ after, prefix: this.prefix });
        for (const { key, size } of page.objects) {
          if (isReservedKey(key)) continue;
          this.counted = { keys: this.counted.keys + 1, bytes: this.counted.bytes + size };
        }
        after = page.objects.at(-1)?.key;
        if (page.isTruncated && after !== undefined) continue;
        this.complete = true;
        return;
      }
    } catch {
      // No estimate, then.
    }
  }
}
