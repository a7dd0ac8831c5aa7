/** The greatest; null when one of them is not known, or there is none. */
export function worst(values: readonly (number | null)[]): number | null {
  return values.reduce<number | null>(
    (most, value) => (most === null || value === null ? null : Math.max(most, value)),
    values.length === 0 ? null : Number.NEGATIVE_INFINITY,
  );
}
