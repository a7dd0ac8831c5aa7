/** Something that was asked, or why there is no answer. Being unknown is a finding of its own, never a zero. */
export type Known<T> = { readonly value: T } | { readonly unknown: string };

export function isKnown<T>(known: Known<T>): known is { readonly value: T } {
  return "value" in known;
}
