import { isAscii } from "node:buffer";
import { unquote } from "../etag";
import { isFaithful } from "../listed-keys";
import type { ListedObject } from "../object-client";
import { isoTime } from "./iso-time";
import { decodeText } from "./xml-text";

const LESS = 0x3c;
const GREATER = 0x3e;
const SLASH = 0x2f;
const AMPERSAND = 0x26;
const SEMICOLON = 0x3b;
const DOUBLE_QUOTE = 0x22;
const LETTER_Q = 0x71;
const ZERO = 0x30;

const CONTENTS = "<Contents>";
const CONTENTS_END = "</Contents>";

/** Bytes that become text at once: strings much longer than this are costly to make and to keep. */
const PIECE_BYTES = 32 * 1024;

export interface UsualEntries {
  /** Their keys may be encoded still. */
  readonly objects: ListedObject[];
  /** Where the first of them begins, in bytes. */
  readonly start: number;
  /** Where what follows the last of them begins, in bytes. */
  readonly end: number;
  /** Whether XML could carry the keys. */
  readonly isFaithful: boolean;
}

/**
 * Reads the entries of a listing that follow each other with nothing between, and whose elements stand in the
 * order in which all known stores write them. Everything else in the document is left to a reader for any XML.
 * A listing of millions of unchanged keys spends most of its time here.
 */
export function readUsualEntries(page: Buffer): UsualEntries {
  const found = page.indexOf(CONTENTS);
  const start = found === -1 ? page.length : found;
  const objects: ListedObject[] = [];
  let faithful = true;
  let end = start;
  for (;;) {
    const last = page.lastIndexOf(CONTENTS_END, end + PIECE_BYTES);
    if (last < end) break;
    const piece = new Piece(page, end, last + CONTENTS_END.length, objects);
    const read = piece.read();
    faithful &&= piece.isFaithful;
    end += read;
    if (end < last) break;
  }
  return { objects, start, end, isFaithful: faithful };
}

/**
 * A number of entries. No text holds a raw "<", so that an element ends where the next "<" stands, and only start
 * tags are looked at.
 */
class Piece {
  public isFaithful = true;
  private readonly text: string;
  private readonly isAscii: boolean;

  constructor(
    private readonly page: Buffer,
    private readonly start: number,
    end: number,
    private readonly objects: ListedObject[],
  ) {
    this.isAscii = isAscii(page.subarray(start, end));
    this.text = page.toString(this.isAscii ? "latin1" : "utf8", start, end);
  }

  /** @returns the bytes that were read: all, or those before an entry that is written in another way */
  public read(): number {
    const { text } = this;
    let end = 0;
    while (isTag(text, end, CONTENTS)) {
      const next = this.readEntry(end + CONTENTS.length);
      if (next === -1) break;
      end = next + CONTENTS_END.length;
    }
    return this.isAscii ? end : Buffer.byteLength(text.slice(0, end));
  }

  /** @returns where the entry's end tag begins; -1 when it is written in another way, and nothing was read */
  private readEntry(start: number): number {
    const { text } = this;
    const keyStart = start + "<Key>".length;
    const keyEnd = text.indexOf("<", keyStart);
    const timeTag = keyEnd + "</Key>".length;
    if (keyEnd <= keyStart || !isTag(text, start, "<Key>") || !isTag(text, timeTag, "<LastModified>"))
      return -1;
    const timeStart = timeTag + "<LastModified>".length;
    const timeEnd = text.indexOf("<", timeStart);
    const lastModified = isoTime(text, timeStart, timeEnd);
    const etagTag = timeEnd + "</LastModified>".length;
    if (Number.isNaN(lastModified) || !isTag(text, etagTag, "<ETag>")) return -1;
    const etagStart = etagTag + "<ETag>".length;
    const etagEnd = text.indexOf("<", etagStart);
    if (etagEnd <= etagStart) return -1;
    const sizeTag = skipTo(text, etagEnd + "</ETag>".length, "<Size>");
    if (sizeTag === -1) return -1;
    const sizeStart = sizeTag + "<Size>".length;
    const sizeEnd = text.indexOf("<", sizeStart);
    const size = wholeNumber(text, sizeStart, sizeEnd);
    if (size === -1) return -1;
    const end = skipTo(text, sizeEnd + "</Size>".length, CONTENTS_END);
    if (end === -1) return -1;
    this.objects.push({
      key: this.keyAt(keyStart, keyEnd),
      etag: etagAt(text, etagStart, etagEnd),
      size,
      lastModified: new Date(lastModified),
    });
    return end;
  }

  private keyAt(start: number, end: number): string {
    const raw = this.text.slice(start, end);
    if (this.isAscii && !raw.includes("&")) {
      // A slice would keep the whole piece in memory, and take longer to compare.
      return this.page.toString("latin1", this.start + start, this.start + end);
    }
    this.isFaithful &&= isFaithful(raw);
    return decodeText(raw);
  }
}

/** Looks at a tag's ends only, which is enough to tell the elements of an entry apart. */
function isTag(text: string, at: number, tag: string): boolean {
  return (
    text.charCodeAt(at) === LESS &&
    text.charCodeAt(at + 1) === tag.charCodeAt(1) &&
    text.charCodeAt(at + 2) === tag.charCodeAt(2) &&
    text.charCodeAt(at + tag.length - 1) === GREATER
  );
}

/** Where this tag begins, elements without children being left out before it; -1 when there is anything else. */
function skipTo(text: string, from: number, tag: string): number {
  let at = from;
  while (!isTag(text, at, tag)) {
    if (text.charCodeAt(at) !== LESS || text.charCodeAt(at + 1) === SLASH) return -1;
    const nameEnd = text.indexOf(">", at);
    const textEnd = text.indexOf("<", nameEnd);
    if (nameEnd === -1 || text.charCodeAt(nameEnd - 1) === SLASH) return -1;
    if (textEnd === -1 || text.charCodeAt(textEnd + 1) !== SLASH) return -1;
    // Its end tag repeats the name, with a slash.
    at = textEnd + (nameEnd - at) + 2;
  }
  return at;
}

/** -1 when there are no digits, or anything else. */
function wholeNumber(text: string, start: number, end: number): number {
  let value = 0;
  for (let index = start; index < end; index += 1) {
    const digit = text.charCodeAt(index) - ZERO;
    if (digit < 0 || digit > 9) return -1;
    value = value * 10 + digit;
  }
  return end > start && Number.isSafeInteger(value) ? value : -1;
}

/** Without quotes, in whichever way the store writes them. */
function etagAt(text: string, start: number, end: number): string {
  const quote = quoteLength(text, start, end);
  return unquote(decodeText(text.slice(start + quote, end - quote)));
}

/** How long the quote at either end is: `"`, `&quot;` or `&#34;`; 0 when it is written in another way. */
function quoteLength(text: string, start: number, end: number): number {
  const first = text.charCodeAt(start);
  const last = text.charCodeAt(end - 1);
  if (first === DOUBLE_QUOTE && last === DOUBLE_QUOTE) return 1;
  if (first !== AMPERSAND || last !== SEMICOLON) return 0;
  const length = text.charCodeAt(start + 1) === LETTER_Q ? "&quot;".length : "&#34;".length;
  return text.charCodeAt(start + length - 1) === SEMICOLON && text.charCodeAt(end - length) === AMPERSAND
    ? length
    : 0;
}
