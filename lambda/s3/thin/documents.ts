import { unquote } from "../etag";
import { decodeKey, decodeUploadKey } from "../listed-keys";
import type { ListedPart, ObjectTags, OpenUpload, Versioning } from "../object-client";
import type { VersionEntry } from "../version-order";
import {
  type Fields,
  readFields,
  required,
  requiredFlag,
  requiredNumber,
  requiredTime,
  unexpected,
} from "./fields";
import { XmlError, XmlReader } from "./xml-reader";

/**
 * The answers that are documents, listings of objects aside. Every reader throws an XmlError when the text is
 * another document or not whole, so that nothing reads as "there is none" by mistake.
 */

export interface ErrorDocument {
  readonly code: string | undefined;
  readonly message: string | undefined;
  readonly requestId: string | undefined;
}

const ERROR: ReadonlySet<string> = new Set(["Code", "Message", "RequestId"]);

/** @returns undefined when the text is no error document: it is a proxy's page, or there is none */
export function readError(text: string): ErrorDocument | undefined {
  try {
    const reader = new XmlReader(text);
    reader.open("Error");
    const { Code, Message, RequestId } = readFields(reader, ERROR);
    return { code: Code || undefined, message: Message || undefined, requestId: RequestId || undefined };
  } catch (error) {
    if (error instanceof XmlError) return undefined;
    throw error;
  }
}

export interface ListedVersionEntry {
  readonly key: string;
  readonly entry: VersionEntry;
}

export interface VersionsPage {
  /** In the order of the document. */
  readonly versions: readonly ListedVersionEntry[];
  readonly isTruncated: boolean;
  readonly nextKey: string | undefined;
  readonly nextVersionId: string | undefined;
}

const VERSION: ReadonlySet<string> = new Set(["Key", "VersionId", "IsLatest", "LastModified", "ETag"]);
const VERSIONS_PAGE: ReadonlySet<string> = new Set([
  "IsTruncated",
  "EncodingType",
  "NextKeyMarker",
  "NextVersionIdMarker",
]);

export function readVersions(text: string): VersionsPage {
  const items: { isDeleteMarker: boolean; fields: Fields }[] = [];
  const settings = readPage(text, "ListVersionsResult", VERSIONS_PAGE, (name, reader) => {
    if (name !== "Version" && name !== "DeleteMarker") return false;
    items.push({ isDeleteMarker: name === "DeleteMarker", fields: readFields(reader, VERSION) });
    return true;
  });
  const decode = decoderOf(settings);
  const versions = items.map(({ isDeleteMarker, fields }): ListedVersionEntry => {
    const entry = {
      versionId: required(fields, "VersionId"),
      isDeleteMarker,
      etag: isDeleteMarker || fields.ETag === undefined ? undefined : unquote(fields.ETag),
      isLatest: fields.IsLatest === "true",
      lastModified: requiredTime(fields, "LastModified"),
    };
    return { key: decode(required(fields, "Key")), entry };
  });
  return {
    versions,
    isTruncated: requiredFlag(settings, "IsTruncated"),
    nextKey: settings.NextKeyMarker && decode(settings.NextKeyMarker),
    nextVersionId: settings.NextVersionIdMarker,
  };
}

const TAG: ReadonlySet<string> = new Set(["Key", "Value"]);

export function readTags(text: string): ObjectTags {
  const tags: [string, string][] = [];
  const reader = new XmlReader(text);
  reader.open("Tagging");
  let found = false;
  for (let name = reader.child(); name !== undefined; name = reader.child()) {
    if (name !== "TagSet") {
      reader.skip();
      continue;
    }
    found = true;
    for (let tag = reader.child(); tag !== undefined; tag = reader.child()) {
      const { Key = "", Value = "" } = readFields(reader, TAG);
      tags.push([Key, Value]);
    }
  }
  if (!found) throw new XmlError("there is no <TagSet>");
  return Object.fromEntries(tags);
}

export interface PartsPage {
  readonly uploadId: string | undefined;
  readonly parts: readonly ListedPart[];
  readonly isTruncated: boolean;
}

const PART: ReadonlySet<string> = new Set(["PartNumber", "ETag", "Size"]);
const PARTS_PAGE: ReadonlySet<string> = new Set(["UploadId", "IsTruncated"]);

export function readParts(text: string): PartsPage {
  const parts: ListedPart[] = [];
  const settings = readPage(text, "ListPartsResult", PARTS_PAGE, (name, reader) => {
    if (name !== "Part") return false;
    const fields = readFields(reader, PART);
    parts.push({
      partNumber: requiredNumber(fields, "PartNumber"),
      etag: unquote(required(fields, "ETag")),
      size: requiredNumber(fields, "Size"),
    });
    return true;
  });
  return { uploadId: settings.UploadId, parts, isTruncated: settings.IsTruncated === "true" };
}

export interface UploadsPage {
  /** Each with its key as it is listed: see `namesKey`. */
  readonly uploads: readonly (OpenUpload & { readonly listedKey: string })[];
  readonly isTruncated: boolean;
  readonly nextKey: string | undefined;
  readonly nextUploadId: string | undefined;
}

const UPLOAD: ReadonlySet<string> = new Set(["Key", "UploadId", "Initiated"]);
const UPLOADS_PAGE: ReadonlySet<string> = new Set(["IsTruncated", "NextKeyMarker", "NextUploadIdMarker"]);

export function readUploads(text: string): UploadsPage {
  const items: Fields[] = [];
  const settings = readPage(text, "ListMultipartUploadsResult", UPLOADS_PAGE, (name, reader) => {
    if (name !== "Upload") return false;
    items.push(readFields(reader, UPLOAD));
    return true;
  });
  return {
    uploads: items.map((fields) => ({
      listedKey: required(fields, "Key"),
      uploadId: required(fields, "UploadId"),
      initiated: requiredTime(fields, "Initiated"),
    })),
    isTruncated: settings.IsTruncated === "true",
    nextKey: settings.NextKeyMarker && decodeUploadKey(settings.NextKeyMarker),
    nextUploadId: settings.NextUploadIdMarker,
  };
}

const STATUS: ReadonlySet<string> = new Set(["Status"]);

export function readVersioning(text: string): Versioning {
  const reader = new XmlReader(text);
  reader.open("VersioningConfiguration");
  const { Status } = readFields(reader, STATUS);
  if (Status === "Enabled") return "enabled";
  if (Status === "Suspended") return "suspended";
  if (Status !== undefined) throw unexpected("Status", Status);
  return "off";
}

const UPLOAD_ID: ReadonlySet<string> = new Set(["UploadId"]);

export function readUploadId(text: string): string {
  const reader = new XmlReader(text);
  reader.open("InitiateMultipartUploadResult");
  return required(readFields(reader, UPLOAD_ID), "UploadId");
}

const ETAG: ReadonlySet<string> = new Set(["ETag"]);

/** The ETag of the object that an upload was completed to. */
export function readCompleted(text: string): string {
  const reader = new XmlReader(text);
  reader.open("CompleteMultipartUploadResult");
  return unquote(required(readFields(reader, ETAG), "ETag"));
}

/** One `Deleted` or `Error` element of a batch's answer. */
export interface BatchElement {
  readonly key: string;
  readonly versionId: string | undefined;
  /** The version id of the delete marker that was placed; absent where none was. */
  readonly markerVersionId?: string;
  /** Absent for success. */
  readonly error?: { readonly code: string | undefined; readonly message: string | undefined };
}

const BATCH: ReadonlySet<string> = new Set([
  "Key",
  "VersionId",
  "DeleteMarker",
  "DeleteMarkerVersionId",
  "Code",
  "Message",
]);

export function readBatch(text: string): BatchElement[] {
  const elements: BatchElement[] = [];
  readPage(text, "DeleteResult", new Set(), (name, reader) => {
    if (name !== "Deleted" && name !== "Error") return false;
    const fields = readFields(reader, BATCH);
    const target = { key: required(fields, "Key"), versionId: fields.VersionId || undefined };
    const placed = fields.DeleteMarker === "true" && target.versionId === undefined;
    elements.push(
      name === "Error"
        ? { ...target, error: { code: fields.Code, message: fields.Message } }
        : { ...target, ...(placed ? { markerVersionId: fields.DeleteMarkerVersionId ?? "null" } : {}) },
    );
    return true;
  });
  return elements;
}

/** @param take - reads a child and returns true, or leaves it alone */
function readPage(
  text: string,
  root: string,
  wanted: ReadonlySet<string>,
  take: (name: string, reader: XmlReader) => boolean,
): Fields {
  const reader = new XmlReader(text);
  reader.open(root);
  const settings: Record<string, string> = {};
  for (let name = reader.child(); name !== undefined; name = reader.child()) {
    if (take(name, reader)) continue;
    if (wanted.has(name)) settings[name] = reader.content();
    else reader.skip();
  }
  return settings;
}

function decoderOf(settings: Fields): (key: string) => string {
  return settings.EncodingType === "url" ? decodeKey : (key) => key;
}
