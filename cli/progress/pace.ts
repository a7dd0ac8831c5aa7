/** Work done, or work there is: keys looked at, and the bytes of their objects. */
export interface Work {
  readonly keys: number;
  readonly bytes: number;
}

export interface Rate {
  readonly keysPerSecond: number;
  readonly bytesPerSecond: number;
}

interface Sample {
  readonly at: number;
  readonly done: Work;
}

/** A rate over less than this says little. */
const LEAST_WINDOW_MILLISECONDS = 1_000;
const WINDOW_MILLISECONDS = 30_000;

/** How fast work goes, over the last half minute, and how long the rest may take. */
export class Pace {
  private samples: Sample[];

  /** @param now - monotonic milliseconds, as in every method */
  constructor(now: number) {
    this.samples = [{ at: now, done: { keys: 0, bytes: 0 } }];
  }

  public note(now: number, done: Work): void {
    this.samples.push({ at: now, done });
    // One sample from before the window stays: it is where the window begins.
    const second = this.samples.findIndex((sample) => sample.at > now - WINDOW_MILLISECONDS);
    this.samples = this.samples.slice(Math.max(0, second - 1));
  }

  /** Undefined while too little was seen. */
  public rate(): Rate | undefined {
    const [first, last] = [this.samples[0], this.samples.at(-1)];
    if (first === undefined || last === undefined) return undefined;
    const milliseconds = last.at - first.at;
    if (milliseconds < LEAST_WINDOW_MILLISECONDS) return undefined;
    const perSecond = (count: number) => (count * 1000) / milliseconds;
    return {
      keysPerSecond: perSecond(last.done.keys - first.done.keys),
      bytesPerSecond: perSecond(last.done.bytes - first.done.bytes),
    };
  }

  /**
   * About how many seconds are left: by keys or by bytes, whichever takes longer, since many small objects are
   * bound by the first and few large ones by the second. Undefined while it cannot be known.
   */
  public secondsLeft(total: Work): number | undefined {
    const rate = this.rate();
    const done = this.samples.at(-1)?.done;
    if (rate === undefined || done === undefined || rate.keysPerSecond === 0) return undefined;
    const byKeys = Math.max(0, total.keys - done.keys) / rate.keysPerSecond;
    const bytes = Math.max(0, total.bytes - done.bytes);
    if (bytes === 0) return byKeys;
    return rate.bytesPerSecond === 0 ? undefined : Math.max(byKeys, bytes / rate.bytesPerSecond);
  }
}
