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
  const schedule = (after: number) => {
    const passed = Math.floor((performance.now() - start) / periodMilliseconds);
    // Timers may fire a little early: the tick that has just been must not come again.
    const turn = Math.max(after, passed) + 1;
    timer = setTimeout(
      () => {
        schedule(turn);
        tick();
      },
      start + turn * periodMilliseconds - performance.now(),
    );
  };
  schedule(-1);
  return () => clearTimeout(timer);
}
