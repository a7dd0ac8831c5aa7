import { compareKeys } from "../s3/key-order";
import type { ListedObject, ObjectClient } from "../s3/object-client";
import { StoreError } from "../s3/store-error";
import type { Clock } from "./clock";
import type { Window } from "./diff";
import type { Retrying } from "./retry";

/** A part of the key space. */
export interface KeyRange {
  /** Only keys after this one. */
  readonly after?: string;
  /** Only keys up to this one, itself included. */
  readonly upto?: string;
  /** Only keys that begin so. */
  readonly prefix?: string;
}

/** Reads one store's listing page by page. */
export class KeyReader {
  /** The server's `Date` at the first page, less the time that the request took: it may be told when the page is made. */
  public began: Date | undefined;
  private after: string | undefined;

  constructor(
    private readonly client: ObjectClient,
    private readonly range: KeyRange,
    private readonly clock: Clock,
    private readonly retrying: Retrying,
  ) {
    this.after = range.after;
  }

  public async refill(window: Window): Promise<Window> {
    let { objects, complete } = window;
    while (objects.length === 0 && !complete) {
      const askedAt = this.clock.monotonic();
      const { prefix } = this.range;
      const page = await this.retrying(() => this.client.list({ after: this.after, prefix }));
      this.began ??= new Date(page.serverDate.getTime() - (this.clock.monotonic() - askedAt));
      this.refuseDisorder(page.objects);
      ({ objects } = page);
      complete = !page.isTruncated;
      this.after = objects.at(-1)?.key ?? this.after;
      if (!complete && objects.length === 0) throw this.malformed("a page that is not the last one is empty");
      if (this.isBeyond(objects.at(-1))) {
        objects = objects.filter((object) => !this.isBeyond(object));
        complete = true;
      }
    }
    return { objects, complete };
  }

  private isBeyond(object: ListedObject | undefined): boolean {
    const { upto } = this.range;
    return upto !== undefined && object !== undefined && compareKeys(object.key, upto) > 0;
  }

  /** A listing out of order would make keys look absent. */
  private refuseDisorder(objects: readonly ListedObject[]): void {
    let before = this.after;
    for (const { key } of objects) {
      if (before !== undefined && compareKeys(before, key) >= 0) {
        throw this.malformed(
          `the listing is not ascending: ${JSON.stringify(key)} follows ${JSON.stringify(before)}`,
        );
      }
      before = key;
    }
  }

  private malformed(message: string): StoreError {
    return new StoreError(message, {
      kind: "malformed-answer",
      operation: "ListObjectsV2",
      bucket: this.client.bucket,
    });
  }
}
