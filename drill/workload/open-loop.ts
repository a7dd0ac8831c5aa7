/**
 * Calls `tick` every period, by a schedule that is fixed from the start: what a tick sets off may take as long as
 * it likes without delaying the next. Ticks missed while this process could not run are left out, not
 * made up for in a burst that would add to the load. Returns a function that ends it.
 */
export function startOpenLoop(
  periodMilliseconds: number,
  phaseMilliseconds: number,
  tick: () => void,
): () => void {
  const start = performance.now() + phaseMilliseconds;
  let timer: NodeJS.Timeout;
  const schedule = () => {
    const now = performance.now();
    const next = start + Math.max(0, Math.floor((now - start) / periodMilliseconds) + 1) * periodMilliseconds;
    timer = setTimeout(() => {
      schedule();
      tick();
    }, next - now);
  };
  schedule();
  return () => clearTimeout(timer);
}
