import { setTimeout as delay } from "node:timers/promises";
import type { StoreName } from "../../contract/stores";
import type { DrillEvent } from "../evidence/events";

/** What was waited for did not happen. */
export class WaitedTooLongError extends Error {
  public override readonly name = "WaitedTooLongError";
}

const LOOK_EVERY_MILLISECONDS = 20;

/** What the run has seen so far, for the story to wait on. Figures are computed from the log instead. */
export class Observed {
  public readonly healthy: Partial<Record<StoreName, boolean>> = {};
  public reads = 0;
  public failedReads = 0;
  public lastFailedReadAt = Number.NEGATIVE_INFINITY;
  public writes = 0;
  public copies = 0;
  public writerStore: StoreName | undefined;
  /** Reads by the store that answered, since the last `forgetReads`. */
  public readsFrom: Record<StoreName, number> = { primary: 0, secondary: 0 };

  constructor(private readonly clock: () => number) {}

  public see(event: DrillEvent): void {
    if (event.type === "pool") this.healthy[event.store] = event.healthy;
    if (event.type === "writer") this.writerStore = event.state === "writing" ? event.store : undefined;
    if (event.type === "write" && event.outcome === "acknowledged") this.writes += 1;
    if (event.type === "copy") this.copies += 1;
    if (event.type !== "read") return;
    this.reads += 1;
    if (event.store !== undefined) this.readsFrom[event.store] += 1;
    if (event.outcome === "ok") return;
    this.failedReads += 1;
    this.lastFailedReadAt = event.at;
  }

  public forgetReads(): void {
    this.readsFrom = { primary: 0, secondary: 0 };
  }

  /** Milliseconds since the last read that failed. */
  public get quietMilliseconds(): number {
    return this.clock() - this.lastFailedReadAt;
  }

  /**
   * @param what - in words, for the error
   * @throws WaitedTooLongError
   */
  public async until(
    what: string,
    condition: () => boolean,
    withinMilliseconds: number,
    signal?: AbortSignal,
  ): Promise<void> {
    const deadline = this.clock() + withinMilliseconds;
    while (!condition()) {
      if (this.clock() > deadline) {
        throw new WaitedTooLongError(
          `waited ${(withinMilliseconds / 1000).toFixed(0)} s in vain for: ${what}`,
        );
      }
      await delay(LOOK_EVERY_MILLISECONDS, undefined, { signal });
    }
  }
}
