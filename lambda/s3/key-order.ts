/**
 * Orders keys by their UTF-8 bytes, as S3 lists them.
 *
 * JavaScript compares UTF-16 units instead, and the two orders differ above U+FFFF: a surrogate pair
 * (0xD800 to 0xDFFF) stands for a code point that comes after U+E000 to U+FFFF. Moving the surrogates
 * behind those units gives the byte order without encoding anything.
 */
export function compareKeys(left: string, right: string): number {
  const length = Math.min(left.length, right.length);
  for (let index = 0; index < length; index += 1) {
    const a = left.charCodeAt(index);
    const b = right.charCodeAt(index);
    if (a !== b) return byteRank(a) - byteRank(b);
  }
  return left.length - right.length;
}

function byteRank(unit: number): number {
  if (unit < 0xd800) return unit;
  return unit < 0xe000 ? unit + 0x2000 : unit - 0x800;
}
