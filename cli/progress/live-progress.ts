import type { ObjectClient } from "../../lambda/s3/object-client";
import { CountAhead } from "./count-ahead";
import { isDisplay, LiveLine } from "./live-line";
import { Pace, type Work } from "./pace";
import { progressText } from "./progress-text";

export interface LiveProgressOptions {
  readonly stream: NodeJS.WriteStream;
  /** Counted ahead, so that it can be said how much is left. */
  readonly source: ObjectClient;
  readonly prefix?: string;
  /** What else is known now, in a few words each. */
  readonly facts: () => readonly string[];
}

/** How far a walk over a store is, on a terminal; anywhere else it does nothing and asks the store nothing. */
export class LiveProgress {
  private readonly ended = new AbortController();
  private readonly pace = new Pace(performance.now());
  private readonly ahead: CountAhead;
  private readonly line: LiveLine;
  private done: Work = { keys: 0, bytes: 0 };

  constructor(private readonly options: LiveProgressOptions) {
    const { stream, source, prefix } = options;
    this.ahead = new CountAhead(source, prefix, this.ended.signal);
    this.line = new LiveLine(stream, () => this.text());
  }

  /** @param key - the last one that was done */
  public note(done: Work, key: string): void {
    if (this.done.keys === 0 && isDisplay(this.options.stream)) void this.ahead.run(key);
    this.done = done;
  }

  public stop(): void {
    this.ended.abort();
    this.line.stop();
  }

  private text(): string {
    this.pace.note(performance.now(), this.done);
    return progressText(this.done, this.ahead.total, this.pace, this.options.facts());
  }
}
