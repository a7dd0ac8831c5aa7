import { compareKeys } from "../../../lambda/s3/key-order";
import type { StoredObject, StoredVersion } from "./stored-version";
import type { VersionedBucket } from "./versioned-bucket";

export interface ObjectListingRequest {
  readonly prefix?: string;
  readonly delimiter?: string;
  /** Only keys strictly after this one. */
  readonly after?: string;
  /** Objects and common prefixes together. */
  readonly limit: number;
}

export interface ObjectListing<Content> {
  readonly objects: readonly StoredObject<Content>[];
  readonly commonPrefixes: readonly string[];
  readonly isTruncated: boolean;
  /** The last key or common prefix: where the next page goes on. */
  readonly last?: string;
}

/** Current objects, as ListObjectsV2 shows them. */
export function listObjects<Content>(
  bucket: VersionedBucket<Content>,
  { prefix = "", delimiter = "", after = "", limit }: ObjectListingRequest,
): ObjectListing<Content> {
  const objects: StoredObject<Content>[] = [];
  const commonPrefixes: string[] = [];
  let last: string | undefined;
  for (const key of bucket.keysFrom(laterOf(prefix, after))) {
    if (!key.startsWith(prefix)) break;
    if (after !== "" && compareKeys(key, after) <= 0) continue;
    const current = bucket.current(key);
    if (current?.kind !== "object") continue;
    const cut = delimiter === "" ? -1 : key.indexOf(delimiter, prefix.length);
    const group = cut < 0 ? undefined : key.slice(0, cut + delimiter.length);
    // A group is shown once; a page that went on after it must not show it again.
    if (group !== undefined && (group === last || group === after)) continue;
    if (objects.length + commonPrefixes.length === limit) {
      return { objects, commonPrefixes, isTruncated: true, last };
    }
    if (group === undefined) objects.push(current);
    else commonPrefixes.push(group);
    last = group ?? key;
  }
  return { objects, commonPrefixes, isTruncated: false, last };
}

export interface VersionListingRequest {
  readonly prefix?: string;
  /** Only what comes after this version, or after all versions of the key when no version is named. */
  readonly after?: { readonly key: string; readonly versionId?: string };
  readonly limit: number;
}

export interface VersionListing<Content> {
  readonly versions: readonly { readonly version: StoredVersion<Content>; readonly isLatest: boolean }[];
  readonly isTruncated: boolean;
}

/** Every version of every key, newest first within a key, as ListObjectVersions shows them. */
export function listVersions<Content>(
  bucket: VersionedBucket<Content>,
  { prefix = "", after, limit }: VersionListingRequest,
): VersionListing<Content> {
  const versions: { version: StoredVersion<Content>; isLatest: boolean }[] = [];
  for (const key of bucket.keysFrom(laterOf(prefix, after?.key ?? ""))) {
    if (!key.startsWith(prefix)) break;
    const stack = bucket.stack(key);
    let begin = 0;
    if (key === after?.key) {
      begin =
        after.versionId === undefined
          ? stack.length
          : stack.findIndex((version) => version.versionId === after.versionId) + 1;
    }
    for (const version of stack.slice(begin)) {
      if (versions.length === limit) return { versions, isTruncated: true };
      versions.push({ version, isLatest: version === stack[0] });
    }
  }
  return { versions, isTruncated: false };
}

function laterOf(left: string, right: string): string {
  return compareKeys(left, right) < 0 ? right : left;
}
