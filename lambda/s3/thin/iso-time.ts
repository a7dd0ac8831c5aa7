const LETTER_Z = 0x5a;
const LETTER_T = 0x54;
const DASH = 0x2d;
const COLON = 0x3a;
const POINT = 0x2e;
const ZERO = 0x30;

/** The day that was read last: in a listing the next time is often of the same one. */
let knownDay = 0;
let knownDayStart = Number.NaN;

/**
 * Milliseconds since 1970 of a time as listings write it (`2030-01-01T00:00:00.000Z`, the fraction of three
 * digits or none); NaN for any other text. Listings show millions of them, and `Date.parse` takes several
 * times as long.
 */
export function isoTime(text: string, start: number, end: number): number {
  const length = end - start;
  if (length !== 24 && length !== 20) return Number.NaN;
  if (
    text.charCodeAt(end - 1) !== LETTER_Z ||
    text.charCodeAt(start + 4) !== DASH ||
    text.charCodeAt(start + 7) !== DASH ||
    text.charCodeAt(start + 10) !== LETTER_T ||
    text.charCodeAt(start + 13) !== COLON ||
    text.charCodeAt(start + 16) !== COLON ||
    (length === 24 && text.charCodeAt(start + 19) !== POINT)
  ) {
    return Number.NaN;
  }
  const minutes = pair(text, start + 11) * 60 + pair(text, start + 14);
  const milliseconds = length === 20 ? 0 : pair(text, start + 20) * 10 + digit(text, start + 22);
  return dayStart(text, start) + minutes * 60_000 + pair(text, start + 17) * 1000 + milliseconds;
}

function dayStart(text: string, start: number): number {
  const year = pair(text, start) * 100 + pair(text, start + 2);
  const month = pair(text, start + 5);
  const day = pair(text, start + 8);
  const whole = (year * 100 + month) * 100 + day;
  if (whole !== knownDay) {
    knownDay = whole;
    // Smaller years would count from 1900.
    knownDayStart = year < 100 ? Number.NaN : Date.UTC(year, month - 1, day);
  }
  return knownDayStart;
}

function pair(text: string, start: number): number {
  return digit(text, start) * 10 + digit(text, start + 1);
}

function digit(text: string, index: number): number {
  const value = text.charCodeAt(index) - ZERO;
  return value >= 0 && value <= 9 ? value : Number.NaN;
}
