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
      if (name === "Contents") this.objects.push(this.usualObject() ?? this.anyObject());
      else if (SETTINGS.has(name)) this.settings[name] = reader.content();
      else reader.skip();
    }
  }

  /** An entry whose first elements stand in the order in which all known stores write them; else undefined. */
  private usualObject(): ListedObject | undefined {
    const { text, reader } = this;
    const start = reader.position;
    if (!text.startsWith("<Key>", start)) return undefined;
    const keyEnd = text.indexOf("<", start + 5);
    if (keyEnd <= start + 5 || !text.startsWith("</Key><LastModified>", keyEnd)) return undefined;
    const timeEnd = text.indexOf("<", keyEnd + 20);
    const lastModified = isoTime(text, keyEnd + 20, timeEnd);
    if (Number.isNaN(lastModified) || !text.startsWith("</LastModified><ETag>", timeEnd)) return undefined;
    const etagEnd = text.indexOf("</ETag>", timeEnd + 21);
    const end = text.indexOf("</Contents>", etagEnd);
    // Checksum elements may stand before it. No text holds a raw "<", so this is the element, if it is this entry's.
    const sizeStart = text.indexOf("<Size>", etagEnd);
    if (etagEnd === -1 || end === -1 || sizeStart === -1 || sizeStart > end) return undefined;
    const size = wholeNumber(text, sizeStart + 6);
    if (size === undefined) return undefined;
    reader.close(end);
    return {
      key: this.decodedKey(start + 5, keyEnd),
      etag: plainEtag(text, timeEnd + 21, etagEnd),
      size,
      lastModified: new Date(lastModified),
    };
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

/** The digits from here up to a tag; undefined when there are none, or anything else. */
function wholeNumber(text: string, start: number): number | undefined {
  let value = 0;
  for (let index = start; ; index += 1) {
    const unit = text.charCodeAt(index);
    if (unit === 0x3c && index > start) return Number.isSafeInteger(value) ? value : undefined;
    const digit = unit - 0x30;
    if (!(digit >= 0 && digit <= 9)) return undefined;
    value = value * 10 + digit;
  }
}

/** Without quotes, in whichever of the three ways the store writes them. */
function plainEtag(text: string, start: number, end: number): string {
  if (text.startsWith("&quot;", start)) return text.slice(start + 6, end - 6);
  if (text.startsWith("&#34;", start)) return text.slice(start + 5, end - 5);
  return unquote(decodeText(text.slice(start, end)));
}
