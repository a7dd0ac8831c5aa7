import type { Marker } from "../../contract/marker";
import { isReservedKey } from "../../contract/state-keys";
import type { StoreName } from "../../contract/stores";
import type { VersionedBucket } from "../../drill/local-cloud/embedded/versioned-bucket";
import { type MarkerReader, MarkerUnreadableError } from "../../lambda/marker/marker-reader";
import type { AdmissionLimits } from "../../lambda/replicator/admission";
import type { Clock } from "../../lambda/replicator/clock";
import { DEFAULT_DELETE_POLICY, type DeletePolicy } from "../../lambda/replicator/delete-policy";
import type { CopyRecord, RunReport } from "../../lambda/replicator/report";
import { run } from "../../lambda/replicator/run";
import type { ObjectHeaders, ObjectTags } from "../../lambda/s3/object-client";
import {
  InMemoryObjectClient,
  inMemoryBucket,
  type ObjectClientOperation,
  writeObject,
} from "./in-memory-object-client";

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

  constructor() {
    const bucket = (name: string) => inMemoryBucket(() => this.clock.monotonic(), name);
    this.buckets = { primary: bucket("p"), secondary: bucket("s") };
    this.clients = { primary: this.client("primary"), secondary: this.client("secondary") };
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

  public delete(store: StoreName, key: string): void {
    this.clock.advance(1000);
    this.buckets[store].delete(key);
  }

  public flip(active: StoreName): void {
    this.marker.marker = { active, writesPaused: false };
  }

  /** One run, long after the last write, so that the watermark lies behind it. */
  public async run(
    options: { budgetMilliseconds?: number; limits?: AdmissionLimits; deletes?: DeletePolicy } = {},
  ): Promise<RunReport> {
    this.clock.advance(300_000);
    this.requests = [];
    this.copies = [];
    return run({
      clients: this.clients,
      marker: this.marker,
      holdMilliseconds: 20_000,
      budgetMilliseconds: options.budgetMilliseconds ?? 600_000,
      by: "test",
      watermarkMarginMilliseconds: 120_000,
      clock: this.clock,
      random: () => 0.5,
      limits: options.limits,
      deletes: options.deletes,
      onCopied: (record) => this.copies.push(record),
    });
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

  private client(store: StoreName): InMemoryObjectClient {
    return new InMemoryObjectClient({
      bucketName: store,
      bucket: this.buckets[store],
      clock: () => this.clock.monotonic(),
      intercept: async (operation, key) => {
        this.requests.push(`${store} ${operation} ${key ?? ""}`.trim());
        await this.intercept(store, operation, key);
      },
    });
  }
}
