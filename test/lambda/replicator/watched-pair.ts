import { setImmediate as nextTurn } from "node:timers/promises";
import { isDeepStrictEqual } from "node:util";
import { STAMP_METADATA_KEY } from "../../../contract/stamp";
import { EPOCH_KEY, isReservedKey, STORE_IDENTITY_KEY } from "../../../contract/state-keys";
import { otherStore, STORE_NAMES, type StoreName } from "../../../contract/stores";
import type { StoredObject, StoredVersion } from "../../../drill/local-cloud/embedded/stored-version";
import type {
  NewObject,
  PutCondition,
  VersionedBucket,
} from "../../../drill/local-cloud/embedded/versioned-bucket";
import { noteFlip } from "../../../lambda/replicator/epoch";
import type { RunReport } from "../../../lambda/replicator/report";
import { DEFAULT_CONTENT_TYPE } from "../../../lambda/s3/object-client";
import { StoreError, type StoreErrorKind } from "../../../lambda/s3/store-error";
import { ReplicatedPair } from "../../support/replicated-pair";

/** How long one reading of the marker counts in `ReplicatedPair.run`, and after what time a request is given up. */
const HOLD = 20_000;
const REQUEST_TIMEOUT = 30_000;

/** A request that is given up has not taken effect: what does is looked at when it arrives in time. */
const MUTATIONS: ReadonlySet<string> = new Set([
  "put",
  "delete",
  "deleteBatch",
  "putTags",
  "createUpload",
  "uploadPart",
  "completeUpload",
  "abortUpload",
]);

type Version = StoredVersion<Buffer>;

/** What a version is and what it was made from, told by the order of events in the stores alone. */
interface Descent {
  /** The write of a client that this version is, or that it is a replica of. */
  readonly write: string;
  /** All writes and deletions that whoever made it could see the outcome of. */
  readonly ancestors: ReadonlySet<string>;
}

/** The process died: nothing that the replicator should be able to catch. */
export class Crash extends Error {
  public override readonly name = "Crash";
}

/** A pair of stores in which every mutation is checked against the invariants at the moment it takes effect. */
export class WatchedPair extends ReplicatedPair {
  public readonly violations: string[] = [];
  public active: StoreName = "primary";
  /** The next PUT of a replica takes effect, and its answer never arrives. */
  public losesNextAnswer = false;
  private flippedAt = Number.NEGATIVE_INFINITY;
  private readonly descents = new Map<string, Descent>();
  /** Writes to the store that was not active. */
  private readonly stale = new Set<string>();
  private readonly ids: { store: StoreName; key: string; versionId: string }[] = [];
  private runsBeganAt = 0;
  private writeCount = 0;
  /** Keys that runs of the pass that is under way have named. */
  private named = new Set<string>();

  constructor() {
    super();
    for (const store of STORE_NAMES) this.watch(store, this.buckets[store]);
  }

  public get standby(): StoreName {
    return otherStore(this.active);
  }

  /** Whether the journal knows which store is active, or there is none: until then, what is done there leaves no trace. */
  public get flipIsKnown(): boolean {
    const journals = STORE_NAMES.map((store) => this.body(store, EPOCH_KEY)).filter(
      (text) => text !== undefined,
    );
    const epochs = journals.map((text) => JSON.parse(text) as { epoch: number; active: StoreName });
    const [latest] = epochs.toSorted((left, right) => right.epoch - left.epoch);
    return latest === undefined || latest.active === this.active;
  }

  /** What a flip does before writers move. */
  public async noteFlip(): Promise<void> {
    const question = { active: this.active, now: this.clock.wall(), by: "flip" };
    if (!this.flipIsKnown) await noteFlip(this.clients, question, () => Promise.resolve());
  }

  public get count(): number {
    this.writeCount += 1;
    return this.writeCount;
  }

  public flipOver(): void {
    this.active = this.standby;
    this.flippedAt = this.clock.monotonic();
    this.flip(this.active);
  }

  public users(store: StoreName): string[] {
    return [...this.buckets[store].keysFrom("")].filter((key) => !isReservedKey(key));
  }

  public object(store: StoreName, key: string): StoredObject<Buffer> | undefined {
    const top = this.buckets[store].current(key);
    return top?.kind === "object" ? top : undefined;
  }

  /** Runs at the same time, with the requests of all of them numbered from 1; `turns` says how they interleave. */
  public async runs(
    budgets: readonly number[],
    faults: readonly Fault[],
    turns: readonly number[],
  ): Promise<RunReport[]> {
    let count = 0;
    this.runsBeganAt = this.clock.monotonic();
    this.intercept = async (_store, operation) => {
      const began = this.clock.monotonic();
      count += 1;
      const mine = count;
      for (let turn = turns[mine % Math.max(1, turns.length)] ?? 0; turn > 0; turn -= 1) await nextTurn();
      for (const fault of faults) if (fault.at === mine) this.inflict(fault);
      if (MUTATIONS.has(operation) && this.clock.monotonic() - began > REQUEST_TIMEOUT)
        throw failure("timeout");
    };
    const limits = { smallAtFirst: 2 };
    const results = await Promise.allSettled(
      budgets.map((budgetMilliseconds) => this.run({ budgetMilliseconds, limits })),
    );
    this.intercept = () => undefined;
    this.losesNextAnswer = false;
    const reports = results.flatMap((result) => (result.status === "fulfilled" ? [result.value] : []));
    for (const result of results) {
      if (result.status === "rejected" && !(result.reason instanceof Crash)) {
        this.violations.push(`a run rejected: ${String(result.reason)}`);
      }
    }
    for (const report of reports) for (const { key } of report.exceptions) this.named.add(key);
    for (const report of reports) this.checkSyncPoint(report);
    if (reports.some(({ outcome }) => outcome === "clean" || outcome === "failed")) this.named = new Set();
    return reports;
  }

  /** I4: whatever was ever in a stack still is. */
  public checkNothingDisappeared(): void {
    for (const { store, key, versionId } of this.ids) {
      const isThere = this.buckets[store].stack(key).some((version) => version.versionId === versionId);
      if (!isThere) this.violations.push(`I4: ${versionId} of ${key} disappeared from ${store}`);
    }
  }

  /** After a clean run with nothing else going on, the standby holds what is active, or the report says why not. */
  public checkParity(report: RunReport): void {
    const named = new Set(report.exceptions.map(({ key }) => key));
    for (const key of new Set(STORE_NAMES.flatMap((store) => this.users(store)))) {
      if (named.has(key)) continue;
      const [source, destination] = [this.object(this.active, key), this.object(this.standby, key)];
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

  private inflict(fault: Fault): void {
    if (fault.type === "fail") throw failure(fault.kind);
    if (fault.type === "crash") throw new Crash("killed");
    if (fault.type === "lose answer") this.losesNextAnswer = true;
    if (fault.type === "write" && (fault.stale || this.flipIsKnown)) {
      this.write(fault.stale ? this.standby : this.active, fault.key, fault.body);
    }
    if (fault.type === "flip") this.flipOver();
    this.clock.advance(fault.wait);
  }

  private watch(store: StoreName, bucket: VersionedBucket<Buffer>): void {
    const put = bucket.put.bind(bucket);
    bucket.put = (key: string, object: NewObject<Buffer>, condition?: PutCondition) => {
      if (isReservedKey(key)) return put(key, object, condition);
      const before = bucket.stack(key);
      const stored = put(key, object, condition);
      this.ids.push({ store, key, versionId: stored.versionId });
      // Clients write without a condition, replication never does.
      if (condition?.ifMatch === undefined && condition?.ifNoneMatch === undefined) {
        this.descents.set(stored.versionId, { write: stored.versionId, ancestors: this.seenOn(before) });
        if (store !== this.active) this.stale.add(stored.versionId);
      } else {
        this.checkReplica(store, stored, before);
        if (this.losesNextAnswer) {
          this.losesNextAnswer = false;
          throw failure("timeout");
        }
      }
      return stored;
    };
    const remove = bucket.delete.bind(bucket);
    bucket.delete = (key: string, versionId?: string) => {
      const before = bucket.stack(key);
      const marker = remove(key, versionId);
      if (marker === undefined || versionId !== undefined)
        throw new Error("clients place delete markers only");
      this.ids.push({ store, key, versionId: marker.versionId });
      this.descents.set(marker.versionId, { write: marker.versionId, ancestors: this.seenOn(before) });
      return marker;
    };
  }

  private checkReplica(store: StoreName, stored: StoredObject<Buffer>, before: readonly Version[]): void {
    const { key } = stored;
    const now = this.clock.monotonic();
    if (store === this.active && now - this.flippedAt > HOLD + REQUEST_TIMEOUT) {
      this.violations.push(
        `I3: ${key} was written on ${store} ${now - this.flippedAt} ms after that became active`,
      );
    }
    const named = stored.headers.metadata[STAMP_METADATA_KEY]?.split(" ")[2];
    const origin = this.buckets[otherStore(store)].stack(key).find(({ versionId }) => versionId === named);
    if (origin?.kind !== "object") {
      this.violations.push(`I5: ${key} on ${store} names no version of the other store: ${named}`);
      this.descents.set(stored.versionId, { write: stored.versionId, ancestors: this.seenOn(before) });
      return;
    }
    if (!alike(origin, stored) || !sameTags(origin, stored))
      this.violations.push(`I10: ${key} on ${store} is not equal to its original`);
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
      if (replaced.ancestors.has(descent.write)) {
        this.violations.push(`I6: ${top.key} was deleted on ${store} and has been brought back`);
      }
      return;
    }
    const descends = (one: Descent) => descent.write === one.write || descent.ancestors.has(one.write);
    if (descends(replaced)) return;
    // A condition on an ETag cannot tell what was seen from a write of the same content that came after the look.
    const mayHaveBeenSeen = (one: Version) =>
      one.kind === "object" && one.etag === top.etag && descends(this.descentOf(one));
    if (top.lastModified >= this.runsBeganAt && before.some(mayHaveBeenSeen)) return;
    if (this.isAdoption(store, top, by)) return;
    this.violations.push(
      `I5: ${top.versionId} of ${top.key} on ${store} was replaced by what does not descend from it`,
    );
  }

  /** What was there before replication began gets a stamp, if it is equal in everything that would be lost. */
  private isAdoption(store: StoreName, top: StoredObject<Buffer>, by: StoredObject<Buffer>): boolean {
    const identity = this.object(store, STORE_IDENTITY_KEY);
    const isOlder = identity !== undefined && top.lastModified < identity.lastModified;
    return isOlder && alike(top, by) && (Object.keys(top.tags).length === 0 || sameTags(top, by));
  }

  /** I1: the newest version that the source had at the sync point, or a later one, is in the destination's stack. */
  private checkSyncPoint({ outcome, source, syncPoint }: RunReport): void {
    if (source === undefined || syncPoint === undefined) return;
    if (outcome !== "clean" && outcome !== "failed") return;
    for (const key of this.users(source)) {
      if (this.named.has(key)) continue;
      const stack = this.buckets[source].stack(key);
      const index = stack.findIndex(({ lastModified }) => lastModified < Date.parse(syncPoint));
      const acknowledged = stack[index];
      // What was deleted since then need not have arrived.
      const deleted = stack.slice(0, index).some(({ kind }) => kind === "marker");
      if (acknowledged?.kind !== "object" || deleted) continue;
      if (this.isHidden(acknowledged, this.object(otherStore(source), key))) continue;
      const { write } = this.descentOf(acknowledged);
      const later = stack.slice(0, index + 1).filter((version) => version.kind === "object");
      const arrived = this.buckets[otherStore(source)].stack(key).some((version) => {
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

/** Something that happens just before the request with the number `at` takes effect, and how long that takes. */
export type Fault = { readonly at: number; readonly wait: number } & (
  | { readonly type: "fail"; readonly kind: StoreErrorKind }
  | { readonly type: "crash" | "lose answer" | "flip" | "wait" }
  | { readonly type: "write"; readonly stale: boolean; readonly key: string; readonly body: string }
);

function failure(kind: StoreErrorKind): StoreError {
  return new StoreError(`made to fail: ${kind}`, { kind, operation: "Test", bucket: "b" });
}

/** Whether bytes, headers and user metadata are the same, which is what makes unrelated objects equal. */
function alike(left: StoredObject<Buffer>, right: StoredObject<Buffer>): boolean {
  return isDeepStrictEqual(withoutTags(left), withoutTags(right));
}

function withoutTags({ parts, headers }: StoredObject<Buffer>) {
  const content = Buffer.concat(parts.map((part) => part.content));
  const { [STAMP_METADATA_KEY]: _stamp, ...metadata } = headers.metadata;
  const { contentType = DEFAULT_CONTENT_TYPE, cacheControl } = headers;
  return { content, contentType, cacheControl, metadata };
}

function sameTags(left: StoredObject<Buffer>, right: StoredObject<Buffer>): boolean {
  return isDeepStrictEqual(left.tags, right.tags);
}
