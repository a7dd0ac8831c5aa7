/** Below the first character that is worth trying: keys with control characters are rare. */
const LOWEST = 0x1f;
/** Above the last one, unless the key before goes beyond ASCII itself. */
const ABOVE_ASCII = 0x7f;
const ABOVE_ALL = 0x110000;

/**
 * Some key between two others, about half way by the values of their characters; where keys really lie, only a
 * listing tells. Order is that of code points, which is that of UTF-8 bytes.
 *
 * @param high - absent: no upper bound
 * @returns undefined when nothing lies between them, or nothing worth trying
 */
export function keyBetween(low: string, high: string | undefined): string | undefined {
  const from = codePoints(low);
  // As long as the key begins as `high` does, `high` bounds its next character.
  let bound = high === undefined ? undefined : codePoints(high);
  const key: number[] = [];
  for (let index = 0; index <= from.length; index += 1) {
    const least = from[index] ?? LOWEST;
    const above = bound === undefined ? (least < ABOVE_ASCII - 1 ? ABOVE_ASCII : ABOVE_ALL) : bound[index];
    if (above === undefined || above < least) return undefined;
    const middle = character(Math.floor((least + above) / 2));
    if (middle > least && middle < above) return String.fromCodePoint(...key, middle);
    if (index === from.length) return undefined;
    if (above > least) bound = undefined;
    key.push(least);
  }
  return undefined;
}

function codePoints(text: string): number[] {
  return Array.from(text, (character) => character.codePointAt(0) ?? 0);
}

/** Surrogates are no characters. */
function character(codePoint: number): number {
  return codePoint >= 0xd800 && codePoint <= 0xdfff ? 0xd7ff : codePoint;
}
