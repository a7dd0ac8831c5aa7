import { unquote } from "../etag";
import { decodeKey, isFaithful } from "../listed-keys";
import type { ListedObject } from "../object-client";
import { readFields, required, requiredFlag, requiredNumber, requiredTime } from "./fields";
import { readUsualEntries } from "./usual-entries";
import { XmlReader } from "./xml-reader";

export interface ListingDocument {
  readonly bucket: string;
  readonly isTruncated: boolean;
  readonly objects: readonly ListedObject[];
}

const SETTINGS: ReadonlySet<string> = new Set(["Name", "IsTruncated", "EncodingType"]);
const OBJECT: ReadonlySet<string> = new Set(["Key", "LastModified", "ETag", "Size"]);

/**
 * Reads an answer to ListObjectsV2.
 *
 * @returns undefined when XML could not carry all of its keys
 * @throws XmlError when it is no such answer, or not whole; URIError when a key is not encoded as announced
 */
export function readListing(page: Buffer): ListingDocument | undefined {
  const usual = readUsualEntries(page);
  const { objects } = usual;
  // What is left is a whole document still: the usual entries are whole elements.
  const rest = page.toString("utf8", 0, usual.start) + page.toString("utf8", usual.end);
  const reader = new XmlReader(rest);
  const settings: Record<string, string> = {};
  let faithful = usual.isFaithful;
  reader.open("ListBucketResult");
  for (let name = reader.child(); name !== undefined; name = reader.child()) {
    if (name === "Contents") {
      const start = reader.position;
      objects.push(readObject(reader));
      faithful &&= isFaithful(rest.slice(start, reader.position));
    } else if (SETTINGS.has(name)) settings[name] = reader.content();
    else reader.skip();
  }
  const decodes = settings.EncodingType === "url";
  if (!decodes && !faithful) return undefined;
  return {
    bucket: required(settings, "Name"),
    isTruncated: requiredFlag(settings, "IsTruncated"),
    objects: decodes ? objects.map((object) => ({ ...object, key: decodeKey(object.key) })) : objects,
  };
}

function readObject(reader: XmlReader): ListedObject {
  const fields = readFields(reader, OBJECT);
  return {
    key: required(fields, "Key"),
    etag: unquote(required(fields, "ETag")),
    size: requiredNumber(fields, "Size"),
    lastModified: requiredTime(fields, "LastModified"),
  };
}
