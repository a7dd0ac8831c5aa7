/** Headers that belong to one connection and are not passed on (RFC 9110, section 7.6.1). */
const CONNECTION_HEADERS = new Set([
  "connection",
  "keep-alive",
  "proxy-connection",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
]);

/**
 * The headers of one side for the other: spelling, order and repetitions are kept.
 *
 * @param rawHeaders names and values in turn
 * @param replaced headers that are set, whatever came in
 * @param removed lower-case names that are left out
 */
export function forwardedHeaders(
  rawHeaders: readonly string[],
  replaced: Readonly<Record<string, string>>,
  removed: readonly string[] = [],
): readonly string[] {
  const leftOut = new Set([...CONNECTION_HEADERS, ...removed, ...Object.keys(replaced).map(lowerCase)]);
  const kept: string[] = [];
  for (let index = 0; index + 1 < rawHeaders.length; index += 2) {
    const name = rawHeaders[index] ?? "";
    if (!leftOut.has(name.toLowerCase())) kept.push(name, rawHeaders[index + 1] ?? "");
  }
  return [...kept, ...Object.entries(replaced).flat()];
}

function lowerCase(name: string): string {
  return name.toLowerCase();
}
