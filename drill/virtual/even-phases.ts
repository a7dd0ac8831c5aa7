import type { SeededRandom } from "../workload/seeded-random";

/** Steps that never come back to where they were, and are of no common measure. */
export const GOLDEN = (Math.sqrt(5) - 1) / 2;
export const SILVER = Math.SQRT2 - 1;

/**
 * Moments within a period, from 0 to 1: as many early ones as late ones after any number of them, from a random begin. Random
 * moments do the same in the long run; with these a few hundred outages tell what takes thousands of random ones.
 */
export function evenPhases(random: SeededRandom, step: number): (index: number) => number {
  const begin = random.fraction();
  return (index) => (begin + index * step) % 1;
}
