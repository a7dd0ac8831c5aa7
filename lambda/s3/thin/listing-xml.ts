import { unquote } from "../etag";
import { decodeKey, isFaithful } from "../listed-keys";
import type { ListedObject } from "../object-client";
import { type Fields, readFields, required, requiredFlag, requiredNumber, requiredTime } from "./fields";
import { isoTime } from "./iso-time";
import { XmlReader } from "./xml-reader";
import { decodeText } from "./xml-text";

export interface ListingDocument {
  readonly bucket: string;
  readonly isTruncated: boolean;
  readonly objects: readonly ListedObject[];
}

const SETTINGS: ReadonlySet<string> = new Set(["Name", "IsTruncated", "EncodingType"]);
const OBJECT: ReadonlySet<string> = new Set(["Key", "LastModified", "ETag", "Size"]);

/**
 * Reads an answer to ListObjectsV2, in one pass and with nothing built but the objects: a listing of millions
 * of unchanged keys spends most of its time here.
 *
 * @returns undefined when XML could not carry all of its keys
 * @throws XmlError when it is no such answer, or not whole; URIError when a key is not encoded as announced
 */
export function readListing(text: string): ListingDocument | undefined {
  const listing = new ListingReader(text);
  listing.read();
  const { settings } = listing;
  const decodes = settings.EncodingType === "url";
  if (!decodes && !listing.isFaithful) return undefined;
  return {
    bucket: required(settings, "Name"),
    isTruncated: requiredFlag(settings, "IsTruncated"),
    objects: decodes
      ? listing.objects.map((object) => ({ ...object, key: decodeKey(object.key) }))
      : listing.objects,
  };
}

class ListingReader {
  public settings: Record<string, string> = {};
  /** Their keys may be encoded still. */
  public readonly objects: ListedObject[] = [];
  /** Whether XML could carry the keys. */
  public isFaithful: boolean;
  private readonly reader: XmlReader;

  constructor(private readonly text: string) {
    this.reader = new XmlReader(text);
    this.isFaithful = !text.includes("\uFFFD");
  }

  public read(): void {
    const { reader } = this;
    reader.open("ListBucketResult");
    for (let name = reader.child(); name !== undefined; name = reader.child()) {
      if (name === "Contents") this.readObjects();
      else if (SETTINGS.has(name)) this.settings[name] = reader.content();
      else reader.skip();
    }
  }

  /** The entry that is open, and those that follow it with nothing between. */
  private readObjects(): void {
    const { text, reader } = this;
    let start = reader.position;
    for (;;) {
      const end = this.readUsualObject(start);
      if (end === -1) {
        reader.position = start;
        this.objects.push(this.anyObject());
        return;
      }
      const next = end + "</Contents>".length;
      if (!isTag(text, next, "<Contents>")) {
        reader.close(end);
        return;
      }
      start = next + "<Contents>".length;
    }
  }

  /**
   * Reads an entry whose elements stand in the order in which all known stores write them. No text holds a raw
   * "<", so that an element ends where the next one stands, and only start tags are looked at.
   *
   * @returns where its end tag begins; -1 when it is written in another way, and nothing was read
   */
  private readUsualObject(start: number): number {
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
    const end = skipTo(text, sizeEnd + "</Size>".length, "</Contents>");
    if (size === -1 || end === -1) return -1;
    this.objects.push({
      key: this.decodedKey(keyStart, keyEnd),
      etag: plainEtag(text, etagStart, etagEnd),
      size,
      lastModified: new Date(lastModified),
    });
    return end;
  }

  private anyObject(): ListedObject {
    const start = this.reader.position;
    const fields = readFields(this.reader, OBJECT);
    this.isFaithful &&= isFaithful(this.text.slice(start, this.reader.position));
    return objectOf(fields);
  }

  private decodedKey(start: number, end: number): string {
    const raw = this.text.slice(start, end);
    if (!raw.includes("&")) return raw;
    this.isFaithful &&= isFaithful(raw);
    return decodeText(raw);
  }
}

function objectOf(fields: Fields): ListedObject {
  return {
    key: required(fields, "Key"),
    etag: unquote(required(fields, "ETag")),
    size: requiredNumber(fields, "Size"),
    lastModified: requiredTime(fields, "LastModified"),
  };
}

/**
 * Whether this tag stands here. Looks at its ends only, which is enough to tell the elements of an entry apart,
 * and takes a fraction of the time.
 */
function isTag(text: string, at: number, tag: string): boolean {
  const last = tag.length - 1;
  return (
    text.charCodeAt(at) === LESS &&
    text.charCodeAt(at + 1) === tag.charCodeAt(1) &&
    text.charCodeAt(at + 2) === tag.charCodeAt(2) &&
    text.charCodeAt(at + last) === GREATER
  );
}

/** Where this tag begins, elements without children being left out before it; -1 when there is anything else. */
function skipTo(text: string, from: number, tag: string): number {
  let at = from;
  while (!isTag(text, at, tag)) {
    // The element that begins here, whose end tag repeats its name and a slash.
    const nameEnd = text.indexOf(">", at);
    const textEnd = text.indexOf("<", nameEnd);
    if (nameEnd === -1 || textEnd === -1 || text.charCodeAt(textEnd + 1) !== SLASH) return -1;
    if (text.charCodeAt(at) !== LESS || text.charCodeAt(at + 1) === SLASH) return -1;
    if (text.charCodeAt(nameEnd - 1) === SLASH) return -1;
    at = textEnd + (nameEnd - at) + 2;
  }
  return at;
}

/** -1 when there are no digits, or anything else. */
function wholeNumber(text: string, start: number, end: number): number {
  let value = 0;
  for (let index = start; index < end; index += 1) {
    const digit = text.charCodeAt(index) - 0x30;
    if (!(digit >= 0 && digit <= 9)) return -1;
    value = value * 10 + digit;
  }
  return end > start && Number.isSafeInteger(value) ? value : -1;
}

/** Without quotes, in whichever of the three ways the store writes them. */
function plainEtag(text: string, start: number, end: number): string {
  // As "&quot;" or "&#34;", alike at both ends.
  if (text.charCodeAt(start) === AMPERSAND && text.charCodeAt(end - 1) === SEMICOLON) {
    const length = text.charCodeAt(start + 1) === LETTER_Q ? 6 : 5;
    if (text.charCodeAt(start + length - 1) === SEMICOLON && text.charCodeAt(end - length) === AMPERSAND) {
      return decodeText(text.slice(start + length, end - length));
    }
  }
  return unquote(decodeText(text.slice(start, end)));
}

const LESS = 0x3c;
const GREATER = 0x3e;
const SLASH = 0x2f;
const AMPERSAND = 0x26;
const SEMICOLON = 0x3b;
const LETTER_Q = 0x71;
