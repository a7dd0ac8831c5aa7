import type { ObjectHeaders, ObjectTags } from "../../../lambda/s3/object-client";
import { noSuchKey, preconditionFailed, S3Refusal } from "./s3-refusal";
import { SortedKeys } from "./sorted-keys";
import {
  multipartEtag,
  type StoredMarker,
  type StoredObject,
  type StoredPart,
  type StoredVersion,
} from "./stored-version";

export type VersioningStatus = "Enabled" | "Suspended";

/** Everything that ever changes a bucket; replaying the changes in order gives the same bucket again. */
export type BucketChange<Content> =
  | { readonly type: "versioning"; readonly status: VersioningStatus }
  | { readonly type: "version-added"; readonly version: StoredVersion<Content> }
  | { readonly type: "version-removed"; readonly key: string; readonly versionId: string }
  | { readonly type: "tagged"; readonly key: string; readonly versionId: string; readonly tags: ObjectTags };

export interface BucketOptions<Content> {
  /** Milliseconds since 1970. */
  readonly clock: () => number;
  readonly nextVersionId: () => string;
  /** Called with each change before it takes effect; when it throws, nothing has changed. */
  readonly record?: (change: BucketChange<Content>) => void;
}

export interface NewObject<Content> {
  readonly parts: readonly StoredPart<Content>[];
  /** Whether the object came as a multipart upload, which shows in its ETag even with one part. */
  readonly multipart: boolean;
  readonly headers: ObjectHeaders;
  readonly tags: ObjectTags;
}

/** `If-None-Match: *` and `If-Match`, as sent. */
export interface PutCondition {
  readonly ifNoneMatch?: string | undefined;
  readonly ifMatch?: string | undefined;
}

/** The id of versions that are made while versioning is off. */
const UNVERSIONED = "null";

/**
 * One bucket with S3's semantics, in memory and without I/O. The content itself is elsewhere; see `StoredPart`.
 *
 * @throws S3Refusal as S3 answers
 */
export class VersionedBucket<Content> {
  private status: VersioningStatus | undefined;
  /** Oldest first: the last one is current. */
  private readonly stacks = new Map<string, StoredVersion<Content>[]>();
  private readonly sorted = new SortedKeys();

  constructor(private readonly options: BucketOptions<Content>) {}

  public get versioning(): VersioningStatus | undefined {
    return this.status;
  }

  public set versioning(status: VersioningStatus) {
    this.commit({ type: "versioning", status });
  }

  public put(key: string, object: NewObject<Content>, condition: PutCondition = {}): StoredObject<Content> {
    this.checkCondition(key, condition);
    const etags = object.parts.map((part) => part.etag);
    const [first] = object.parts;
    if (first === undefined) throw new Error("an object has at least one part, if need be of 0 bytes");
    const version: StoredObject<Content> = {
      kind: "object",
      key,
      versionId: this.newVersionId(),
      lastModified: this.options.clock(),
      etag: object.multipart ? multipartEtag(etags) : first.etag,
      size: object.parts.reduce((sum, part) => sum + part.size, 0),
      ...object,
    };
    this.commit({ type: "version-added", version });
    return version;
  }

  /** Throws when a put with this condition would be refused now. */
  public checkCondition(key: string, { ifNoneMatch, ifMatch }: PutCondition): void {
    const current = this.current(key);
    if (ifNoneMatch !== undefined && ifNoneMatch !== "*") {
      throw new S3Refusal(501, "NotImplemented", "a put understands If-None-Match with * only");
    }
    if (ifNoneMatch !== undefined && current?.kind === "object") throw preconditionFailed();
    if (ifMatch === undefined) return;
    if (current?.kind !== "object") throw noSuchKey(key);
    if (unquoted(ifMatch) !== current.etag) throw preconditionFailed();
  }

  /** The current object, or the version that is named. */
  public get(key: string, versionId?: string): StoredObject<Content> {
    const version = versionId === undefined ? this.current(key) : this.version(key, versionId);
    if (version === undefined) {
      if (versionId === undefined) throw noSuchKey(key);
      throw new S3Refusal(
        404,
        "NoSuchVersion",
        `version ${versionId} of ${JSON.stringify(key)} does not exist`,
      );
    }
    if (version.kind === "object") return version;
    const headers = { "x-amz-delete-marker": "true", "x-amz-version-id": version.versionId };
    if (versionId === undefined) throw noSuchKey(key, headers);
    throw new S3Refusal(405, "MethodNotAllowed", `version ${versionId} is a delete marker`, headers);
  }

  /** Without a version id: a delete marker on top, or in an unversioned bucket the end of the object. */
  public delete(key: string, versionId?: string): StoredVersion<Content> | undefined {
    if (versionId !== undefined || this.status === undefined) {
      const removed = this.version(key, versionId ?? UNVERSIONED);
      if (removed !== undefined) {
        this.commit({ type: "version-removed", key, versionId: removed.versionId });
      }
      return removed;
    }
    const marker: StoredMarker = {
      kind: "marker",
      key,
      versionId: this.newVersionId(),
      lastModified: this.options.clock(),
    };
    this.commit({ type: "version-added", version: marker });
    return marker;
  }

  public tag(key: string, tags: ObjectTags, versionId?: string): StoredObject<Content> {
    const object = this.get(key, versionId);
    this.commit({ type: "tagged", key, versionId: object.versionId, tags });
    return object;
  }

  public current(key: string): StoredVersion<Content> | undefined {
    return this.stacks.get(key)?.at(-1);
  }

  /** The key's versions, newest first. */
  public stack(key: string): StoredVersion<Content>[] {
    return this.stacks.get(key)?.toReversed() ?? [];
  }

  /** The keys not before `key` that have any version, ascending by UTF-8 bytes. */
  public keysFrom(key: string): Iterable<string> {
    return this.sorted.from(key);
  }

  /** Takes in a change that was recorded before. */
  public replay(change: BucketChange<Content>): void {
    switch (change.type) {
      case "versioning":
        this.status = change.status;
        return;
      case "version-added":
        this.push(change.version);
        return;
      case "version-removed":
        this.drop(change.key, change.versionId);
        return;
      case "tagged": {
        const stack = this.stacks.get(change.key) ?? [];
        const index = stack.findIndex((version) => version.versionId === change.versionId);
        const version = stack[index];
        if (version?.kind === "object") stack[index] = { ...version, tags: change.tags };
      }
    }
  }

  private commit(change: BucketChange<Content>): void {
    this.options.record?.(change);
    this.replay(change);
  }

  private push(version: StoredVersion<Content>): void {
    // Without versioning there is one "null" version at most, and a new one takes its place.
    if (version.versionId === UNVERSIONED) this.drop(version.key, UNVERSIONED);
    const stack = this.stacks.get(version.key);
    if (stack !== undefined) {
      stack.push(version);
      return;
    }
    this.stacks.set(version.key, [version]);
    this.sorted.add(version.key);
  }

  private drop(key: string, versionId: string): void {
    const remaining = this.stacks.get(key)?.filter((version) => version.versionId !== versionId) ?? [];
    if (remaining.length > 0) {
      this.stacks.set(key, remaining);
      return;
    }
    this.stacks.delete(key);
    this.sorted.remove(key);
  }

  private version(key: string, versionId: string): StoredVersion<Content> | undefined {
    return this.stacks.get(key)?.find((version) => version.versionId === versionId);
  }

  private newVersionId(): string {
    return this.status === "Enabled" ? this.options.nextVersionId() : UNVERSIONED;
  }
}

/** An ETag as it is stored; requests may quote it. */
export function unquoted(etag: string): string {
  return etag.replace(/^"(.*)"$/, "$1");
}
