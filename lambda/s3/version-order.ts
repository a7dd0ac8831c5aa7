import type { ListedVersion } from "./object-client";

/** One `Version` or `DeleteMarker` element of ListObjectVersions. */
export interface VersionEntry extends ListedVersion {
  readonly isLatest: boolean;
  readonly lastModified: Date;
}

export type VersionElement = "Version" | "DeleteMarker";

/** The order in which the elements stand in the answer: the SDK sorts them into two lists. */
export function elementOrder(document: string): VersionElement[] {
  // Keys and owners cannot hold a raw "<", so every match is an element.
  const tags = document.matchAll(/<(Version|DeleteMarker)[\s>]/g);
  return [...tags].map((tag) => (tag[1] === "Version" ? "Version" : "DeleteMarker"));
}

/**
 * A key's version stack, newest first, from the elements in the order in which they stood in the answers.
 *
 * S3 and MinIO write the stack in order, and that order is the truth: times tie within a second, and a
 * multipart object's may be older than its place. LocalStack 4.9 writes delete markers and versions
 * apart; there, and only there, the times decide, with the latest first whatever its time says.
 */
export function orderVersions(entries: readonly VersionEntry[]): ListedVersion[] {
  const ordered = isGrouped(entries) ? entries.toSorted(newestFirst) : entries;
  return ordered.map(({ versionId, isDeleteMarker, etag, lastModified }) => {
    return isDeleteMarker
      ? { versionId, isDeleteMarker, placedAt: lastModified }
      : { versionId, isDeleteMarker, etag };
  });
}

/** All of one kind, then all of the other, and at odds with the times or with what is latest. */
function isGrouped(entries: readonly VersionEntry[]): boolean {
  const [first] = entries;
  const boundary = entries.findIndex((entry) => entry.isDeleteMarker !== first?.isDeleteMarker);
  const before = entries[boundary - 1];
  const after = entries[boundary];
  if (before === undefined || after === undefined) return false;
  if (entries.slice(boundary).some((entry) => entry.isDeleteMarker !== after.isDeleteMarker)) return false;
  return first?.isLatest !== true || before.lastModified < after.lastModified;
}

function newestFirst(left: VersionEntry, right: VersionEntry): number {
  if (left.isLatest !== right.isLatest) return left.isLatest ? -1 : 1;
  return right.lastModified.getTime() - left.lastModified.getTime();
}
