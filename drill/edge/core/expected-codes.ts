/** Inclusive ranges of status codes. */
type CodeRange = readonly [first: number, last: number];

/** Reads a monitor's expected codes: `200`, `2xx`, or several separated by commas. Undefined when it is none of these. */
export function parseExpectedCodes(text: string): readonly CodeRange[] | undefined {
  const ranges: CodeRange[] = [];
  for (const part of text.split(",").map((piece) => piece.trim())) {
    const range = parseRange(part);
    if (range === undefined) return undefined;
    ranges.push(range);
  }
  return ranges;
}

function parseRange(part: string): CodeRange | undefined {
  if (/^[1-5]\d\d$/.test(part)) return [Number(part), Number(part)];
  if (/^[1-5]xx$/i.test(part)) return [Number(part[0]) * 100, Number(part[0]) * 100 + 99];
  return undefined;
}

export function isExpectedCode(status: number, expectedCodes: string): boolean {
  const ranges = parseExpectedCodes(expectedCodes) ?? [];
  return ranges.some(([first, last]) => first <= status && status <= last);
}
