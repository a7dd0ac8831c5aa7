/** What must always hold: I1 to I12 of `INVARIANT_TEXTS`. */
export const INVARIANT_IDS = [
  "I1",
  "I2",
  "I3",
  "I4",
  "I5",
  "I6",
  "I7",
  "I8",
  "I9",
  "I10",
  "I11",
  "I12",
] as const;

export type InvariantId = (typeof INVARIANT_IDS)[number];
