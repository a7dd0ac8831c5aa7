/** Shortest prefixes that AWS does not call public. */
const LEAST_IPV4_PREFIX = 8;
const LEAST_IPV6_PREFIX = 32;

/** Whether there are ranges, and each of them leaves out most of the internet; a bare address is one host. */
export function narrowRanges(ranges: readonly unknown[]): boolean {
  return ranges.length > 0 && ranges.every((range) => typeof range === "string" && isNarrow(range));
}

function isNarrow(range: string): boolean {
  const [, address = "", prefix] = /^([0-9a-fA-F.:]+)(?:\/(\d+))?$/.exec(range) ?? [];
  const least = address.includes(":") ? LEAST_IPV6_PREFIX : LEAST_IPV4_PREFIX;
  return address !== "" && (prefix === undefined || Number(prefix) >= least);
}
