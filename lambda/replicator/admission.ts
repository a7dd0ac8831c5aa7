import { spareTime } from "./spare-time";

/** Objects up to this size are copied through a buffer; larger ones are streamed. */
export const BUFFERED_BYTES = 1024 * 1024;

/**
 * Small copies in flight that a busy store does not lessen: from there on the pauses between attempts do. A store that
 * throttles one request in twenty, whatever it is asked, would otherwise be asked by hardly anybody.
 */
const LEAST_SMALL = 8;

/** Small copies that are added after a round of successes. */
const GROWTH = 8;

export interface AdmissionLimits {
  /** Small copies in flight at first. @default 32 */
  readonly smallAtFirst?: number;
  /** @default 256 */
  readonly smallAtMost?: number;
  /** @default 8 */
  readonly streams?: number;
  /** Bytes that buffers may hold at one time. @default 64 MiB */
  readonly bufferedBytes?: number;
  /** Asked before there are more small copies. @default - whether this thread waits for its stores at all */
  readonly hasSpareTime?: () => boolean;
}

/**
 * Says when the next copy may start. The number of small ones grows after each round of successes, as long as there is
 * time to spare, and halves when a store is too busy; large ones have a fixed number of streams, since each already
 * fills a connection.
 */
export class Admission {
  private readonly smallAtLeast: number;
  private readonly smallAtMost: number;
  private readonly streams: number;
  private readonly bufferedBytes: number;
  private readonly hasSpareTime: () => boolean;
  private limit: number;
  private small = 0;
  private streaming = 0;
  private buffered = 0;
  /** Counts the halvings: a copy that began before the last one must not halve again. */
  private generation = 0;
  /** Successes of this round. */
  private succeeded = 0;
  private readonly waiting: (() => void)[] = [];

  constructor(limits: AdmissionLimits = {}) {
    this.limit = limits.smallAtFirst ?? 32;
    this.smallAtLeast = Math.min(LEAST_SMALL, this.limit);
    this.smallAtMost = limits.smallAtMost ?? 256;
    this.streams = limits.streams ?? 8;
    this.bufferedBytes = limits.bufferedBytes ?? 64 * 1024 * 1024;
    this.hasSpareTime = limits.hasSpareTime ?? spareTime();
  }

  /** Copies in flight. */
  public get inFlight(): number {
    return this.small + this.streaming;
  }

  /** Small copies that may be in flight now. */
  public get smallLimit(): number {
    return Math.floor(this.limit);
  }

  /** Waits for room, then starts `task`; the outer promise resolves when it has started, the inner one when it is done. */
  public async start(
    size: number,
    task: (busy: () => void) => Promise<void>,
  ): Promise<{ done: Promise<void> }> {
    while (!this.hasRoom(size)) await new Promise<void>((resolve) => this.waiting.push(resolve));
    this.take(size, 1);
    return { done: this.run(size, task) };
  }

  private async run(size: number, task: (busy: () => void) => Promise<void>): Promise<void> {
    const generation = this.generation;
    let wasBusy = false;
    try {
      await task(() => {
        wasBusy = true;
        this.halve(generation);
      });
      if (!wasBusy) this.succeed();
    } finally {
      this.take(size, -1);
      for (const wake of this.waiting.splice(0)) wake();
    }
  }

  private succeed(): void {
    this.succeeded += 1;
    if (this.succeeded < this.limit) return;
    this.succeeded = 0;
    if (this.limit < this.smallAtMost && this.hasSpareTime()) {
      this.limit = Math.min(this.smallAtMost, this.limit + GROWTH);
    }
  }

  private halve(generation: number): void {
    if (generation !== this.generation) return;
    this.succeeded = 0;
    this.generation += 1;
    this.limit = Math.max(this.smallAtLeast, this.limit / 2);
  }

  private hasRoom(size: number): boolean {
    if (size > BUFFERED_BYTES) return this.streaming < this.streams;
    return this.small < this.smallLimit && this.buffered + size <= this.bufferedBytes;
  }

  private take(size: number, sign: 1 | -1): void {
    if (size > BUFFERED_BYTES) {
      this.streaming += sign;
    } else {
      this.small += sign;
      this.buffered += sign * size;
    }
  }
}
