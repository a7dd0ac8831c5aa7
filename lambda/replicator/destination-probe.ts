import { PROBE_KEY } from "../../contract/state-keys";
import type { ObjectClient } from "../s3/object-client";
import { writeState } from "./state-object";

/** A value of `Expires` that clients store and that is no date. */
const NO_DATE = "0";

/** The form in which every server keeps `Expires`: `Sun, 06 Nov 1994 08:49:37 GMT`. */
const HTTP_DATE = /^(Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT$/;

export function isHttpDate(expires: string): boolean {
  return HTTP_DATE.test(expires);
}

/** Finds out what a destination can hold, when that matters for the first time; asked once a run. */
export class DestinationProbe {
  private answer: Promise<boolean> | undefined;

  /** @param confirm - resolves when a mutation may start now */
  constructor(
    private readonly destination: ObjectClient,
    private readonly confirm: () => Promise<void>,
  ) {}

  /** Whether an `Expires` that is no date survives: S3 keeps it, MinIO accepts and drops it. */
  public keepsAnyExpires(): Promise<boolean> {
    this.answer ??= this.ask().catch((error: unknown) => {
      this.answer = undefined;
      throw error;
    });
    return this.answer;
  }

  private async ask(): Promise<boolean> {
    const known = await this.destination.head(PROBE_KEY);
    if (known) return known.headers.expires === NO_DATE;
    await this.write();
    return (await this.destination.head(PROBE_KEY))?.headers.expires === NO_DATE;
  }

  private async write(): Promise<void> {
    await this.confirm();
    // Another runner may be first: what it wrote serves as well.
    await writeState(this.destination, PROBE_KEY, {}, undefined, { expires: NO_DATE });
  }
}
