import { setTimeout as delay } from "node:timers/promises";

/** Time, as the run sees it; replaced in tests. */
export interface Clock {
  /** Milliseconds that never go back; for durations. */
  monotonic(): number;
  /** This machine's wall clock; for logs only, never for a decision about an object. */
  wall(): Date;
  sleep(milliseconds: number): Promise<void>;
}

export const systemClock: Clock = {
  monotonic: () => performance.now(),
  wall: () => new Date(),
  sleep: async (milliseconds) => {
    await delay(milliseconds);
  },
};
