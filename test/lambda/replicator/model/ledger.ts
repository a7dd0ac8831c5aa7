import { isDeepStrictEqual } from "node:util";
import { STAMP_METADATA_KEY } from "../../../../contract/stamp";
import { EPOCH_KEY, isReservedKey, STORE_IDENTITY_KEY } from "../../../../contract/state-keys";
import { otherStore, STORE_NAMES, type StoreName } from "../../../../contract/stores";
import type { StoredObject, StoredVersion } from "../../../../drill/local-cloud/embedded/stored-version";
import type {
  NewObject,
  PutCondition,
  VersionedBucket,
} from "../../../../drill/local-cloud/embedded/versioned-bucket";
import { DEFAULT_CONTENT_TYPE } from "../../../../lambda/s3/object-client";

export type Version = StoredVersion<Buffer>;

/** What a version is and what it was made from, told by the order of events in the stores alone. */
interface Descent {
  /** The write of a client that this version is, or that it is a replica of. */
  readonly write: string;
  /** All writes and deletions that whoever made it could see the outcome of. */
  readonly ancestors: ReadonlySet<string>;
}

/** What the ledger must know of the world around the two buckets. */
export interface Surroundings {
  now(): number;
  readonly active: StoreName;
  /** Since when it is; by `now`. */
  readonly activeSince: number;
  /** When the runs that are under way began; by `now`. */
  readonly runsBeganAt: number;
  /** For how long after a flip replication may still act on what it read before. */
  readonly actsFor: number;
}

/** How long one reading of the marker counts, and after what time a request is given up. */
export const HOLD = 20_000;
export const REQUEST_TIMEOUT = 30_000;

/**
 * Watches two buckets, and checks every mutation of replication against the invariants at the moment it takes effect.
 * It knows lineage by having seen everything; replication has to tell it from stamps and stacks.
 */
export class Ledger {
  public readonly violations: string[] = [];
  /** Delete markers of replication that were removed again. */
  public undone = 0;
  private byClient = false;
  private readonly descents = new Map<string, Descent>();
  private readonly arrivals = new Map<string, number>();
  /** Writes and deletions on the store that was not active. */
  private readonly stale = new Set<string>();
  /** Writes of clients that kept the stamp of what they were copied from. */
  private readonly restored = new Set<string>();
  /** Replicas that came to stand over a delete marker that was placed while they were on their way. */
  private readonly latecomers: { store: StoreName; key: string; versionId: string; activeSince: number }[] =
    [];
  /** By key, all that clients ever wrote. */
  private readonly written = new Map<string, Set<string>>();
  /** Stores on which clients did something while they were active. */
  private readonly inUse = new Set<StoreName>();
  private readonly made: { store: StoreName; key: string; versionId: string }[] = [];
  /** Markers of replication, and those among them that stand on what no marker of the other store proves. */
  private readonly markers = new Set<string>();
  private readonly unproven = new Map<string, { store: StoreName; key: string }>();

  constructor(
    private readonly buckets: Readonly<Record<StoreName, VersionedBucket<Buffer>>>,
    private readonly around: Surroundings,
  ) {
    for (const store of STORE_NAMES) this.watch(store, buckets[store]);
  }

  /** Whatever is not done in here is done by replication. */
  public asClient<T>(operation: () => T): T {
    this.byClient = true;
    try {
      return operation();
    } finally {
      this.byClient = false;
    }
  }

  /** Tells that a client's write is a copy of an older version of the same store, stamp included. */
  public isCopyOf(made: StoredObject<Buffer>, original: StoredObject<Buffer>): void {
    this.restored.add(made.versionId);
    if (made.etag !== original.etag) return;
    const store = this.buckets.primary.current(made.key) === made ? "primary" : "secondary";
    const [, below] = this.buckets[store].stack(made.key);
    // The current one, or what that was copied from by another such copy.
    const isCurrent =
      below?.kind === "object" &&
      below.etag === original.etag &&
      this.descentOf(below).write === this.descentOf(original).write;
    const elsewhere = this.object(otherStore(store), made.key);
    const named = original.headers.metadata[STAMP_METADATA_KEY]?.split(" ")[2];
    // A copy of the current replica onto itself changes nothing: it is the same write. And so is one of the replica of
    // what the other store still has, which cannot be told from the replica but by a request for each key after each
    // flip. At worst, a later overwrite there is reported as a conflict.
    if (named !== undefined && (isCurrent || elsewhere?.versionId === named)) {
      this.descents.set(
        made.versionId,
        this.descentOf(elsewhere?.versionId === named ? elsewhere : original),
      );
    }
  }

  /** To be called when no run is under way. @param excused - a process died, or an answer was lost, so that nobody could look again */
  public checkMarkers(excused: boolean): void {
    for (const { store, key } of excused ? [] : this.unproven.values()) {
      this.violations.push(`I6: ${key} was deleted on ${store}, and nobody deleted it on the other store`);
    }
    this.unproven.clear();
  }

  /** I4: whatever was ever in a stack still is. */
  public checkNothingDisappeared(): void {
    for (const { store, key, versionId } of this.made) {
      const isThere = this.buckets[store].stack(key).some((version) => version.versionId === versionId);
      if (!isThere) this.violations.push(`I4: ${versionId} of ${key} disappeared from ${store}`);
    }
  }

  /** To be called after calm runs: what came over a delete marker is gone again, if there was no flip since. */
  public checkLatecomersGone(): void {
    for (const { store, key, versionId, activeSince } of this.latecomers) {
      const stands = this.object(store, key)?.versionId === versionId;
      if (stands && activeSince === this.around.activeSince)
        this.violations.push(`I6: ${key} was deleted on ${store}, has been brought back, and stays`);
    }
  }

  public users(store: StoreName): string[] {
    return [...this.buckets[store].keysFrom("")].filter((key) => !isReservedKey(key));
  }

  public object(store: StoreName, key: string): StoredObject<Buffer> | undefined {
    const top = this.buckets[store].current(key);
    return top?.kind === "object" ? top : undefined;
  }

  /** After a clean run with nothing else going on, the standby holds what is active, or the report says why not. */
  public checkParity(active: StoreName, named: ReadonlySet<string>): void {
    const standby = otherStore(active);
    for (const key of new Set(STORE_NAMES.flatMap((store) => this.users(store)))) {
      if (named.has(key)) continue;
      const [source, destination] = [this.object(active, key), this.object(standby, key)];
      if (source === undefined && destination === undefined) continue;
      if (this.isHidden(source, destination)) continue;
      if (!source || !destination || !alike(source, destination)) {
        this.violations.push(`I1: ${key} differs after a clean run that names no exception for it`);
        continue;
      }
      const [newer, older] = [this.descentOf(source), this.descentOf(destination)];
      if (newer.write === older.write && !sameTags(source, destination)) {
        this.violations.push(`I10: ${key} has other tags on the standby`);
      }
      if (newer.write !== older.write && newer.ancestors.has(older.write)) {
        this.violations.push(`I5: ${key} is an older write on the standby, so that its lineage is lost`);
      }
    }
  }

  /**
   * I1: what the source's newest version was at the sync point, or a later one, is in the destination's stack; and
   * what was deleted by then does not stand there any more.
   *
   * @param syncPoint - milliseconds, the source's clock
   */
  public checkSyncPoint(source: StoreName, syncPoint: number, named: ReadonlySet<string>): void {
    const standby = otherStore(source);
    for (const key of this.users(source)) {
      if (named.has(key)) continue;
      const stack = this.buckets[source].stack(key);
      const index = stack.findIndex(({ lastModified }) => lastModified < syncPoint);
      const acknowledged = stack[index];
      if (acknowledged === undefined) continue;
      if (acknowledged.kind === "marker") {
        this.checkDeleted(standby, acknowledged, stack.slice(0, index));
        continue;
      }
      // What was deleted since then need not have arrived.
      if (stack.slice(0, index).some(({ kind }) => kind === "marker")) continue;
      if (this.isHidden(acknowledged, this.object(standby, key))) continue;
      const { write } = this.descentOf(acknowledged);
      const later = stack.slice(0, index + 1).filter((version) => version.kind === "object");
      const arrived = this.buckets[standby].stack(key).some((version) => {
        const descent = this.descentOf(version);
        if (descent.write === write || descent.ancestors.has(write)) return true;
        return version.kind === "object" && later.some((one) => alike(version, one));
      });
      if (!arrived) {
        this.violations.push(
          `I1: ${acknowledged.versionId} of ${key} is before the sync point and not on the standby`,
        );
      }
    }
  }

  /**
   * What a reader gets from a store: something that a client wrote under that key, and on the standby nothing that is older than
   * what the active store held at the sync point.
   *
   * @param since - the sync point of the pass that the standby owes its state to, and what that named; absent when there was none
   */
  public checkServed(
    store: StoreName,
    key: string,
    since?: { readonly syncPoint: number; readonly named: ReadonlySet<string> },
  ): void {
    const served = this.object(store, key);
    if (served !== undefined && !this.written.get(key)?.has(bytesOf(served)))
      this.violations.push(`readers: ${key} from ${store} has a value that nobody wrote`);
    const { active } = this.around;
    if (since === undefined || store === active || since.named.has(key)) return;
    const stack = this.buckets[active].stack(key);
    const index = stack.findIndex(({ lastModified }) => lastModified < since.syncPoint);
    const owed = stack[index];
    if (owed === undefined || this.isTouchedByStrangers(store, key)) return;
    if (owed.kind === "marker") {
      this.checkDeleted(store, owed, stack.slice(0, index));
      return;
    }
    if (this.isHidden(owed, served)) return;
    const isOlder = served !== undefined && this.descentOf(owed).ancestors.has(this.descentOf(served).write);
    const isGone = served === undefined && stack.slice(0, index).every(({ kind }) => kind === "object");
    const isLater = stack.slice(0, index).some((one) => served !== undefined && isSame(one, served));
    if ((isOlder && !isLater && !isSame(owed, served)) || isGone) {
      this.violations.push(`readers: ${key} from ${store} is older than the lag that was reported`);
    }
  }

  /** Whether somebody wrote or deleted there who had no right to. */
  private isTouchedByStrangers(store: StoreName, key: string): boolean {
    return this.buckets[store].stack(key).some(({ versionId }) => this.stale.has(versionId));
  }

  private checkDeleted(standby: StoreName, marker: Version, since: readonly Version[]): void {
    const left = this.object(standby, marker.key);
    if (left === undefined) return;
    const { write } = this.descentOf(left);
    if (since.some((version) => this.descentOf(version).write === write)) return;
    if (this.descentOf(marker).ancestors.has(write)) {
      this.violations.push(`I1: ${marker.key} was deleted before the sync point and stands on the standby`);
    }
  }

  private watch(store: StoreName, bucket: VersionedBucket<Buffer>): void {
    const put = bucket.put.bind(bucket);
    bucket.put = (key: string, object: NewObject<Buffer>, condition?: PutCondition) => {
      if (isReservedKey(key)) return put(key, object, condition);
      const before = bucket.stack(key);
      const stored = put(key, object, condition);
      this.arrived(store, stored);
      if (this.byClient) this.clientMade(store, stored, before);
      else this.checkReplica(store, stored, before, condition);
      return stored;
    };
    const remove = bucket.delete.bind(bucket);
    bucket.delete = (key: string, versionId?: string) => {
      const before = bucket.stack(key);
      const removed = remove(key, versionId);
      if (removed === undefined) return removed;
      if (versionId !== undefined) this.checkRemoved(store, removed);
      else {
        this.arrived(store, removed);
        if (this.byClient) this.clientMade(store, removed, before);
        else this.checkMarker(store, removed, before);
      }
      return removed;
    };
  }

  private arrived(store: StoreName, { key, versionId }: Version): void {
    this.made.push({ store, key, versionId });
    this.arrivals.set(versionId, this.around.now());
  }

  private clientMade(store: StoreName, made: Version, before: readonly Version[]): void {
    this.descents.set(made.versionId, { write: made.versionId, ancestors: this.seenOn(before) });
    if (made.kind === "object") {
      const values = this.written.get(made.key) ?? new Set<string>();
      this.written.set(made.key, values.add(bytesOf(made)));
    }
    if (store !== this.around.active) this.stale.add(made.versionId);
    // What was done before the first run of all is not part of the history that replication knows.
    else if (STORE_NAMES.some((name) => this.object(name, EPOCH_KEY))) this.inUse.add(store);
  }

  private checkFence(store: StoreName, key: string): void {
    const { active, activeSince, actsFor } = this.around;
    const age = this.around.now() - activeSince;
    if (store === active && age > actsFor) {
      this.violations.push(`I3: ${key} was changed on ${store} ${age} ms after that became active`);
    }
  }

  private checkReplica(
    store: StoreName,
    stored: StoredObject<Buffer>,
    before: readonly Version[],
    condition: PutCondition | undefined,
  ): void {
    const { key } = stored;
    this.checkFence(store, key);
    if (condition?.ifMatch === undefined && condition?.ifNoneMatch === undefined) {
      this.violations.push(`I4: ${key} on ${store} was written without a condition`);
    }
    const [, storeId, named] = stored.headers.metadata[STAMP_METADATA_KEY]?.split(" ") ?? [];
    const origin = this.buckets[otherStore(store)].stack(key).find(({ versionId }) => versionId === named);
    if (origin?.kind !== "object") {
      this.violations.push(`I5: ${key} on ${store} names no version of the other store: ${named}`);
      this.descents.set(stored.versionId, { write: stored.versionId, ancestors: this.seenOn(before) });
      return;
    }
    if (!alike(origin, stored) || !sameTags(origin, stored))
      this.violations.push(`I10: ${key} on ${store} is not equal to its original`);
    if (storeId !== this.identityOf(otherStore(store))) {
      // By hand, from a store whose identity could not be written: known by its address, and to nobody else.
      this.descents.set(stored.versionId, { write: stored.versionId, ancestors: this.seenOn(before) });
      return;
    }
    const descent = this.descentOf(origin);
    this.checkReplaced(store, descent, before, stored);
    const ancestors = new Set([...descent.ancestors, ...this.seenOn(before)]);
    this.descents.set(stored.versionId, { write: descent.write, ancestors });
  }

  private checkReplaced(
    store: StoreName,
    descent: Descent,
    before: readonly Version[],
    by: StoredObject<Buffer>,
  ): void {
    const [top] = before;
    if (top === undefined) return;
    const replaced = this.descentOf(top);
    if (top.kind === "marker") {
      // Where no client ever wrote rightly, none can have deleted rightly: there a stray deletion is made good.
      if (!replaced.ancestors.has(descent.write) || this.isStrayOnUnused(store, top)) return;
      // "If absent" is true over a delete marker as well. What was on its way when that was placed has to go again.
      if (this.cameDuringRuns(top)) {
        const { activeSince } = this.around;
        this.latecomers.push({ store, key: top.key, versionId: by.versionId, activeSince });
      } else {
        this.violations.push(`I6: ${top.key} was deleted on ${store} and has been brought back`);
      }
      return;
    }
    const descends = (one: Descent) => descent.write === one.write || descent.ancestors.has(one.write);
    if (descends(replaced)) return;
    // A condition on an ETag cannot tell what was seen from a write of the same content that came after the look.
    const mayHaveBeenSeen = (one: Version) =>
      one.kind === "object" && one.etag === top.etag && descends(this.descentOf(one));
    if (this.cameDuringRuns(top) && before.some(mayHaveBeenSeen)) return;
    if (this.isAdoption(store, top, by)) return;
    // A stray copy of an older replica onto its own key looks like the replica; where no client ever wrote rightly,
    // nobody looks for such copies, which would cost a request for each overwrite.
    if (this.restored.has(top.versionId) && this.isStrayOnUnused(store, top)) return;
    this.violations.push(
      `I5: ${top.versionId} of ${top.key} on ${store} was replaced by what does not descend from it`,
    );
  }

  private identityOf(store: StoreName): string | undefined {
    const identity = this.object(store, STORE_IDENTITY_KEY);
    if (identity === undefined) return undefined;
    const text = Buffer.concat(identity.parts.map((part) => part.content)).toString();
    return (JSON.parse(text) as { id: string }).id;
  }

  private isStrayOnUnused(store: StoreName, { versionId }: Version): boolean {
    return this.stale.has(versionId) && !this.inUse.has(store);
  }

  private cameDuringRuns({ versionId }: Version): boolean {
    return (this.arrivals.get(versionId) ?? 0) >= this.around.runsBeganAt;
  }

  private checkMarker(store: StoreName, marker: Version, before: readonly Version[]): void {
    const { key, versionId } = marker;
    this.checkFence(store, key);
    this.markers.add(versionId);
    const [top] = before;
    const seen = this.seenOn(before);
    this.descents.set(versionId, { write: versionId, ancestors: seen });
    if (top?.kind !== "object") return;
    const { write } = this.descentOf(top);
    const proof = this.buckets[otherStore(store)]
      .stack(key)
      .find((version) => version.kind === "marker" && this.descentOf(version).ancestors.has(write));
    if (proof) {
      const ancestors = new Set([...this.descentOf(proof).ancestors, ...seen]);
      this.descents.set(versionId, { write: versionId, ancestors });
    } else if (this.cameDuringRuns(top)) {
      // No store makes a delete conditional, so a marker may land on what came just before. It has to go again.
      this.unproven.set(versionId, { store, key });
    } else {
      this.violations.push(`I6: ${key} was deleted on ${store}, and nobody deleted it on the other store`);
    }
  }

  private checkRemoved(store: StoreName, { key, versionId }: Version): void {
    this.checkFence(store, key);
    const index = this.made.findIndex((one) => one.store === store && one.versionId === versionId);
    if (!this.markers.has(versionId)) {
      this.violations.push(
        `I4: ${versionId} of ${key} on ${store} was removed, and is no marker of replication`,
      );
    }
    this.made.splice(index, 1);
    this.unproven.delete(versionId);
    this.undone += 1;
  }

  /** What was there before replication began gets a stamp, if it is equal in everything that would be lost. */
  private isAdoption(store: StoreName, top: StoredObject<Buffer>, by: StoredObject<Buffer>): boolean {
    const identity = this.object(store, STORE_IDENTITY_KEY);
    const isOlder = identity !== undefined && top.lastModified < identity.lastModified;
    return isOlder && alike(top, by) && (Object.keys(top.tags).length === 0 || sameTags(top, by));
  }

  /**
   * A stray writer on the standby left the source's content with other headers. No listing shows a difference,
   * and the source has not changed: only the first pass of the next epoch looks.
   */
  private isHidden(source: Version | undefined, standby: StoredObject<Buffer> | undefined): boolean {
    if (source?.kind !== "object" || standby === undefined) return false;
    return this.stale.has(standby.versionId) && source.etag === standby.etag;
  }

  private descentOf({ versionId }: Version): Descent {
    const known = this.descents.get(versionId);
    if (known === undefined) throw new Error(`nobody made ${versionId}`);
    return known;
  }

  private seenOn(stack: readonly Version[]): ReadonlySet<string> {
    const [top] = stack;
    if (top === undefined) return new Set();
    const { write, ancestors } = this.descentOf(top);
    return new Set([...ancestors, write]);
  }
}

/** Whether bytes, headers and user metadata are the same, which is what makes unrelated objects equal. */
function alike(left: StoredObject<Buffer>, right: StoredObject<Buffer>): boolean {
  return isDeepStrictEqual(withoutTags(left), withoutTags(right));
}

function withoutTags({ parts, headers }: StoredObject<Buffer>) {
  const content = bytesOf({ parts });
  const { [STAMP_METADATA_KEY]: _stamp, ...metadata } = headers.metadata;
  const { contentType = DEFAULT_CONTENT_TYPE, cacheControl } = headers;
  return { content, contentType, cacheControl, metadata };
}

function bytesOf({ parts }: Pick<StoredObject<Buffer>, "parts">): string {
  return Buffer.concat(parts.map((part) => part.content)).toString();
}

function isSame(one: Version, other: StoredObject<Buffer> | undefined): boolean {
  return one.kind === "object" && other !== undefined && alike(one, other);
}

function sameTags(left: StoredObject<Buffer>, right: StoredObject<Buffer>): boolean {
  return isDeepStrictEqual(left.tags, right.tags);
}
