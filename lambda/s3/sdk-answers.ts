import type {
  GetObjectCommandOutput,
  HeadObjectCommandOutput,
  ListObjectVersionsCommandOutput,
} from "@aws-sdk/client-s3";
import { decodeWords } from "./encoded-words";
import { unquote } from "./etag";
import { decodeKey } from "./listed-keys";
import type { ObjectHead, Versioning } from "./object-client";
import { malformed, type RequestDescription, storeError } from "./request-failure";
import type { VersionElement, VersionEntry } from "./version-order";

/** What an answer says of its object. */
export function headOf(
  answer: HeadObjectCommandOutput | GetObjectCommandOutput,
  request: RequestDescription,
): ObjectHead {
  const { ETag, ContentLength, LastModified } = answer;
  if (ETag === undefined || ContentLength === undefined || LastModified === undefined) {
    throw malformed(request, "the answer has no ETag, length or time");
  }
  if (answer.MissingMeta) {
    throw storeError(
      "refused",
      `${answer.MissingMeta} user metadata entries cannot be shown as headers`,
      request,
    );
  }
  return {
    etag: unquote(ETag),
    size: ContentLength,
    lastModified: LastModified,
    versionId: answer.VersionId ?? "null",
    ...(answer.PartsCount === undefined ? {} : { partCount: answer.PartsCount }),
    headers: {
      contentType: answer.ContentType,
      cacheControl: answer.CacheControl,
      contentDisposition: answer.ContentDisposition,
      contentEncoding: answer.ContentEncoding,
      contentLanguage: answer.ContentLanguage,
      expires: answer.ExpiresString,
      metadata: decodedMetadata(answer.Metadata ?? {}),
    },
  };
}

function decodedMetadata(metadata: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(metadata).map(([name, value]) => [name, decodeWords(value)]));
}

/** The entries of one page in the order in which they stood there. */
export function versionsOf(
  answer: ListObjectVersionsCommandOutput,
  elements: readonly VersionElement[],
  request: RequestDescription,
): { key: string; entry: VersionEntry }[] {
  if (answer.IsTruncated === undefined) throw malformed(request, "the answer is no listing of versions");
  const decode = answer.EncodingType === "url" ? decodeKey : (key: string) => key;
  const versions = [...(answer.Versions ?? [])];
  const markers = [...(answer.DeleteMarkers ?? [])];
  if (elements.length !== versions.length + markers.length) {
    throw malformed(request, "the order of versions and delete markers cannot be told");
  }
  return elements.map((element) => {
    const version = element === "Version" ? versions.shift() : undefined;
    const item = version ?? markers.shift();
    if (item?.Key === undefined || item.VersionId === undefined || item.LastModified === undefined) {
      throw malformed(request, "a version has no key, id or time");
    }
    const entry: VersionEntry = {
      versionId: item.VersionId,
      isDeleteMarker: element === "DeleteMarker",
      etag: version?.ETag === undefined ? undefined : unquote(version.ETag),
      isLatest: item.IsLatest ?? false,
      lastModified: item.LastModified,
    };
    return { key: decode(item.Key), entry };
  });
}

/** Where the page after this one begins. */
export function nextPage(answer: ListObjectVersionsCommandOutput): {
  KeyMarker?: string;
  VersionIdMarker?: string;
} {
  const { NextKeyMarker, NextVersionIdMarker } = answer;
  if (NextKeyMarker === undefined) return {};
  return {
    KeyMarker: answer.EncodingType === "url" ? decodeKey(NextKeyMarker) : NextKeyMarker,
    ...(NextVersionIdMarker ? { VersionIdMarker: NextVersionIdMarker } : {}),
  };
}

/** What the bucket's configuration says; somebody else's page must never read as "off". */
export function versioningOf(
  status: string | undefined,
  document: string,
  request: RequestDescription,
): Versioning {
  if (status === "Enabled") return "enabled";
  if (status === "Suspended") return "suspended";
  if (status !== undefined || !document.includes("<VersioningConfiguration")) {
    throw malformed(request, "the answer does not tell the bucket's versioning");
  }
  return "off";
}
