/**
 * Milliseconds of the machine's monotonic clock. Every process of one run reads the same clock, so that
 * their events can be put in order.
 */
export function monotonicMilliseconds(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}
