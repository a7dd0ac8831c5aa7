import type { ListedVersion } from "./object-client";

/** One `Version` or `DeleteMarker` element of ListObjectVersions. */
export interface VersionEntry extends ListedVersion {
  readonly isLatest: boolean;
  readonly lastModified: Date;
}

/**
 * A key's version stack, newest first, from the elements in the order in which they stood in the answers.
 *
 * S3 and MinIO write the stack in order, and that order is the truth: times tie within a second, and a
 * multipart object's may be older than its place. LocalStack writes all versions before all delete markers;
 * there, and only there, the times decide, with the latest first whatever its time says.
 */
export function orderVersions(entries: readonly VersionEntry[]): ListedVersion[] {
  const ordered = isGrouped(entries) ? entries.toSorted(newestFirst) : entries;
  return ordered.map(({ versionId, isDeleteMarker, etag }) => {
    return isDeleteMarker ? { versionId, isDeleteMarker } : { versionId, isDeleteMarker, etag };
  });
}

/** All versions, then all markers, and not in the order of their times or not the latest first. */
function isGrouped(entries: readonly VersionEntry[]): boolean {
  const firstMarker = entries.findIndex((entry) => entry.isDeleteMarker);
  if (firstMarker <= 0 || !entries.slice(firstMarker).every((entry) => entry.isDeleteMarker)) return false;
  if (!entries[0]?.isLatest) return true;
  const lastVersion = entries[firstMarker - 1];
  const marker = entries[firstMarker];
  return lastVersion !== undefined && marker !== undefined && lastVersion.lastModified < marker.lastModified;
}

function newestFirst(left: VersionEntry, right: VersionEntry): number {
  if (left.isLatest !== right.isLatest) return left.isLatest ? -1 : 1;
  return right.lastModified.getTime() - left.lastModified.getTime();
}
