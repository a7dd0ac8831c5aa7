import type { Marker } from "../../contract/marker";
import { isReservedKey } from "../../contract/state-keys";
import type { StoreName } from "../../contract/stores";
import type { StoredObject } from "../../drill/local-cloud/embedded/stored-version";
import { VersionedBucket } from "../../drill/local-cloud/embedded/versioned-bucket";
import { type MarkerReader, MarkerUnreadableError } from "../../lambda/marker/marker-reader";
import type { Clock } from "../../lambda/replicator/clock";
import { DEFAULT_DELETE_POLICY } from "../../lambda/replicator/delete-policy";
import type { KeyRange } from "../../lambda/replicator/key-reader";
import type { CopyRecord, KeyException, RunReport } from "../../lambda/replicator/report";
import { type KeysReport, type RangeReport, run, runKeys, runRange } from "../../lambda/replicator/run";
import type { RunOptions } from "../../lambda/replicator/run-options";
import { type HandSyncOptions, syncByHand } from "../../lambda/replicator/sync-by-hand";
import type { ObjectHeaders, ObjectTags } from "../../lambda/s3/object-client";
import { StoreError, type StoreErrorKind } from "../../lambda/s3/store-error";
import {
  InMemoryObjectClient,
  type InMemoryObjectClientOptions,
  inMemoryBucket,
  type ObjectClientOperation,
  writeObject,
} from "./in-memory-object-client";
import { storedPart } from "./in-memory-objects";
import { uploadsOf } from "./in-memory-uploads";

/** Time that moves only when it is told to, or slept through. */
export class VirtualClock implements Clock {
  constructor(private now = Date.UTC(2026, 0, 1)) {}

  public monotonic(): number {
    return this.now;
  }

  public wall(): Date {
    return new Date(this.now);
  }

  public sleep(milliseconds: number): Promise<void> {
    this.advance(milliseconds);
    return Promise.resolve();
  }

  public advance(milliseconds: number): void {
    this.now += milliseconds;
  }
}

/** A marker that a test sets. */
export class SettableMarker implements MarkerReader {
  /** `undefined`: cannot be read. */
  public marker: Marker | undefined = { active: "primary", writesPaused: false };
  public reads = 0;

  public read(): Promise<Marker> {
    this.reads += 1;
    if (this.marker) return Promise.resolve(this.marker);
    return Promise.reject(new MarkerUnreadableError("resolvers disagree"));
  }
}

export type Intercept = (
  store: StoreName,
  operation: ObjectClientOperation,
  key?: string,
) => void | Promise<void>;

/** How the two stores differ from two that are like S3. */
export interface PairOptions {
  /** Stores without versioning. @default - none */
  readonly unversioned?: readonly StoreName[];
  /** Makes the client of a store. @default - one that behaves as S3 does */
  readonly clientOf?: (store: StoreName, options: InMemoryObjectClientOptions) => InMemoryObjectClient;
}

/** What a run may be told; the rest is the same for all. */
export type PairRunOptions = Partial<
  Pick<RunOptions, "budgetMilliseconds" | "limits" | "deletes" | "leaseMilliseconds" | "clock">
>;

/** Two versioned stores in memory, a marker and a clock: everything that a run sees. */
export class ReplicatedPair {
  public readonly clock = new VirtualClock();
  public readonly marker = new SettableMarker();
  public readonly buckets: Readonly<Record<StoreName, VersionedBucket<Buffer>>>;
  public readonly clients: Readonly<Record<StoreName, InMemoryObjectClient>>;
  /** Requests since the last call of `run`, as `primary get key`. */
  public requests: string[] = [];
  public copies: CopyRecord[] = [];
  public intercept: Intercept = () => undefined;
  /** Called once a request took effect, before its answer arrives. */
  public interceptAfter: Intercept = () => undefined;

  constructor(private readonly options: PairOptions = {}) {
    const now = () => this.clock.monotonic();
    const bucket = (store: StoreName, name: string) =>
      options.unversioned?.includes(store)
        ? new VersionedBucket<Buffer>({ clock: now, nextVersionId: () => "never" })
        : inMemoryBucket(now, name);
    this.buckets = { primary: bucket("primary", "p"), secondary: bucket("secondary", "s") };
    this.clients = { primary: this.client("primary"), secondary: this.client("secondary") };
  }

  /** Two equal stores after a clean pass from the primary, holding `a` and `b`. */
  public static async replicated(options: PairOptions = {}): Promise<ReplicatedPair> {
    const pair = new ReplicatedPair(options);
    pair.write("primary", "a", "a1");
    pair.write("primary", "b", "b1");
    const { outcome } = await pair.run();
    if (outcome !== "clean") throw new Error(`the first run was ${outcome}`);
    return pair;
  }

  /** Two equal stores that hold so many keys, `key-0` and so on. */
  public static async replicatedKeys(count: number): Promise<ReplicatedPair> {
    const pair = new ReplicatedPair();
    for (let index = 0; index < count; index += 1) pair.write("primary", `key-${index}`, "x");
    const { outcome } = await pair.run();
    if (outcome !== "clean") throw new Error(`the first run was ${outcome}`);
    return pair;
  }

  /** Writes as a client does, a second after whatever was before. */
  public write(
    store: StoreName,
    key: string,
    body: string | Buffer,
    headers?: ObjectHeaders,
    tags?: ObjectTags,
  ) {
    this.clock.advance(1000);
    return writeObject(this.buckets[store], key, body, headers, tags);
  }

  /** Writes as a client does that uploads in parts. */
  public writeParts(
    store: StoreName,
    key: string,
    parts: readonly string[],
    headers: ObjectHeaders = { metadata: {} },
    tags: ObjectTags = {},
  ): StoredObject<Buffer> {
    this.clock.advance(1000);
    const stored = parts.map((part) => storedPart(Buffer.from(part)));
    return this.buckets[store].put(key, { parts: stored, multipart: true, headers, tags });
  }

  /** Writes as to a store that encrypts with keys of its own: the ETag looks like an MD5 and is none. */
  public writeEncrypted(store: StoreName, key: string, parts: readonly string[] = [key]): void {
    this.clock.advance(1000);
    const stored = parts.map((part) => {
      const content = Buffer.from(part);
      return { content, size: content.length, etag: content.toString("hex").padStart(32, "0").slice(0, 32) };
    });
    const object = { parts: stored, multipart: parts.length > 1, headers: { metadata: {} }, tags: {} };
    this.buckets[store].put(key, object);
  }

  /** A client's CopyObject of an older version onto the same key: headers, metadata and tags are kept. */
  public restore(store: StoreName, key: string, versionId: string): StoredObject<Buffer> {
    this.clock.advance(1000);
    const { parts, headers, tags } = this.buckets[store].get(key, versionId);
    const content = Buffer.concat(parts.map((part) => part.content));
    return this.buckets[store].put(key, { parts: [storedPart(content)], multipart: false, headers, tags });
  }

  public delete(store: StoreName, key: string): void {
    this.clock.advance(1000);
    this.buckets[store].delete(key);
  }

  public flip(active: StoreName): void {
    this.marker.marker = { active, writesPaused: false };
  }

  /** One run, long after the last write, so that the watermark lies behind it. */
  public async run(options: PairRunOptions = {}): Promise<RunReport> {
    return run(this.begin(options));
  }

  public runKeys(keys: readonly string[], options: PairRunOptions = {}): Promise<KeysReport> {
    return runKeys(this.begin(options), keys);
  }

  public runRange(range: KeyRange, options: PairRunOptions = {}): Promise<RangeReport> {
    return runRange(this.begin(options), range);
  }

  /** By hand, from the primary to the secondary unless told otherwise. */
  public sync(options: Partial<HandSyncOptions> = {}): Promise<RunReport> {
    const { clock, random } = this.begin({});
    const { primary: source, secondary: destination } = this.clients;
    return syncByHand({ source, destination, clock, random, ...options });
  }

  public runWithoutDeletes(): Promise<RunReport> {
    return this.run({ deletes: { ...DEFAULT_DELETE_POLICY, mode: "off" } });
  }

  /** The current body under a key; undefined where there is none. */
  public body(store: StoreName, key: string): string | undefined {
    const top = this.buckets[store].current(key);
    return top?.kind === "object"
      ? Buffer.concat(top.parts.map((part) => part.content)).toString()
      : undefined;
  }

  /** PUTs of users' objects in the last run, as `secondary key`. */
  public get puts(): string[] {
    return this.requests
      .map((request) => request.split(" put "))
      .filter(([, key]) => key !== undefined && !isReservedKey(key))
      .map(([store, key]) => `${store} ${key}`);
  }

  /** The versions of a key, newest first, as `marker s3` or `body s2`. */
  public stack(store: StoreName, key: string): string[] {
    return this.buckets[store].stack(key).map((version) => {
      if (version.kind === "marker") return `marker ${version.versionId}`;
      return `${Buffer.concat(version.parts.map((part) => part.content)).toString()} ${version.versionId}`;
    });
  }

  /** Multipart uploads into the store that are open. */
  public uploads(store: StoreName): string[] {
    return uploadsOf(this.buckets[store])
      .list("")
      .map(({ key }) => key);
  }

  private begin({ clock = this.clock, ...options }: PairRunOptions): RunOptions {
    this.clock.advance(300_000);
    this.requests = [];
    this.copies = [];
    return {
      clients: this.clients,
      marker: this.marker,
      holdMilliseconds: 20_000,
      budgetMilliseconds: 600_000,
      by: "test",
      watermarkMarginMilliseconds: 120_000,
      random: () => 0.5,
      onCopied: (record) => this.copies.push(record),
      ...options,
      clock,
    };
  }

  private client(store: StoreName): InMemoryObjectClient {
    const options: InMemoryObjectClientOptions = {
      bucketName: store,
      bucket: this.buckets[store],
      clock: () => this.clock.monotonic(),
      intercept: async (operation, key) => {
        this.requests.push(`${store} ${operation} ${key ?? ""}`.trim());
        await this.intercept(store, operation, key);
      },
      interceptAfter: (operation, key) => this.interceptAfter(store, operation, key),
      leastPartBytes: 1,
    };
    return this.options.clientOf?.(store, options) ?? new InMemoryObjectClient(options);
  }
}

/** What a store answered, for tests that make a request fail. */
export function storeError(kind: StoreErrorKind): StoreError {
  return new StoreError(`made to fail: ${kind}`, { kind, operation: "Test", bucket: "b" });
}

/** The exceptions of a report, as `conflict a`. */
export function kinds({ exceptions }: { readonly exceptions: readonly KeyException[] }): string[] {
  return exceptions.map(({ key, kind }) => `${kind} ${key}`);
}
