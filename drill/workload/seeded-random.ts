/** A stream of pseudo-random numbers that a seed determines: the same run can be had again. */
export interface SeededRandom {
  /** At least 0, less than 1. */
  fraction(): number;
  /** At least `least`, at most `most`, both whole. */
  whole(least: number, most: number): number;
  /** @throws RangeError for an empty list */
  pick<T>(choices: readonly T[]): T;
}

/** The mulberry32 generator: 32 bits of state, ample for a drill and the same on every machine. */
export function seededRandom(seed: number): SeededRandom {
  let state = seed >>> 0;
  const fraction = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  return {
    fraction,
    whole: (least, most) => least + Math.floor(fraction() * (most - least + 1)),
    pick: (choices) => {
      const choice = choices[Math.floor(fraction() * choices.length)];
      if (choice === undefined) {
        throw new RangeError("nothing to choose from");
      }
      return choice;
    },
  };
}
