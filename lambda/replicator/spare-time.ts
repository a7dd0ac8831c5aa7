import { performance } from "node:perf_hooks";

/** From there on the processor is the limit: whatever more is begun only waits for it. */
const BUSY = 0.9;

/** @returns whether this thread had time to spare since it was asked last */
export function spareTime(): () => boolean {
  let last = performance.eventLoopUtilization();
  return () => {
    const now = performance.eventLoopUtilization();
    const { utilization } = performance.eventLoopUtilization(now, last);
    last = now;
    return utilization < BUSY;
  };
}
