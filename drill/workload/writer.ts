import type { Marker } from "../../contract/marker";
import type { StoreName } from "../../contract/stores";
import type { WriteDone, WriterMoved } from "../evidence/events";
import type { KnownValues } from "./known-values";
import { startOpenLoop } from "./open-loop";
import { type SeededRandom, seededRandom } from "./seeded-random";
import { type PutOptions, StoreWriter, type StoreWriterSettings } from "./store-writer";
import {
  type GateLimits,
  type GateState,
  needsReading,
  observe,
  UNDECIDED,
  writableStore,
} from "./writer-gate";

export interface WriterSettings extends Omit<StoreWriterSettings, "emit">, GateLimits {
  /** Reads the marker now; rejects when it cannot be read. */
  readonly resolveActiveStore: () => Promise<Marker>;
  readonly writesPerSecond: number;
  /** Keys of the input that the writer overwrites beside its own. @default [] */
  readonly overwritableKeys?: readonly string[];
  /** Share of its writes that delete one of its own keys. @default 0.02 */
  readonly deleteShare?: number;
  readonly seed: number;
  readonly emit: (event: WriteDone | WriterMoved) => void;
}

/** The writer's own keys live here; it deletes nowhere else. */
export const WRITER_PREFIX = "writer/";

/** Share of its puts that overwrite a key rather than making one. */
const OVERWRITE_SHARE = 0.5;

/**
 * One writer that keeps the rules for writers: it writes to the store that the marker names and to no other, acts
 * on no reading that is too old, waits for the fence before its first write to another store, and stops while
 * writes are paused or the marker cannot be read. One write at a time, each sent once.
 *
 * It overwrites nothing whose last value the store may lack, so that every conflict of a run was made on purpose.
 */
export class Writer {
  private readonly random: SeededRandom;
  private readonly stores: StoreWriter;
  private readonly ownKeys: string[] = [];
  private state: GateState = UNDECIDED;
  private writingTo?: StoreName;
  private made = 0;
  private underWay?: Promise<void>;
  private endLoop: () => void = () => undefined;

  constructor(private readonly settings: WriterSettings) {
    this.random = seededRandom(settings.seed);
    this.stores = new StoreWriter(settings);
  }

  public start(): void {
    this.endLoop = startOpenLoop(1000 / this.settings.writesPerSecond, 0, () => {
      // A tick that finds the last write still under way is left out.
      this.underWay ??= this.step().finally(() => {
        this.underWay = undefined;
      });
    });
  }

  /** Starts no more writes until `start`, and waits for the one under way. */
  public async rest(): Promise<void> {
    this.endLoop();
    await this.underWay;
  }

  /** Ends for good. */
  public async stop(): Promise<void> {
    await this.rest();
    this.stores.close();
  }

  /** A write of somebody who does not ask the marker. */
  public async putNow(store: StoreName, key: string, body: Buffer, options?: PutOptions): Promise<WriteDone> {
    return this.stores.put(store, key, body, options);
  }

  /** A delete of somebody who does not ask the marker. */
  public async deleteNow(store: StoreName, key: string, by?: WriteDone["by"]): Promise<WriteDone> {
    return this.stores.delete(store, key, by);
  }

  private async step(): Promise<void> {
    if (needsReading(this.state, this.settings.clock(), this.settings)) {
      const readAt = this.settings.clock();
      const marker = await this.settings.resolveActiveStore().catch(() => undefined);
      this.state = observe(this.state, { readAt, marker }, this.settings);
    }
    const store = writableStore(this.state, this.settings.clock(), this.settings);
    this.announce(store);
    if (store !== undefined) {
      await this.write(store);
    }
  }

  private announce(store: StoreName | undefined): void {
    if (store === this.writingTo) {
      return;
    }
    const at = this.settings.clock();
    if (store !== undefined) {
      this.settings.emit({ type: "writer", at, store, state: "writing" });
    } else if (this.writingTo !== undefined) {
      this.settings.emit({ type: "writer", at, store: this.writingTo, state: "paused" });
    }
    this.writingTo = store;
  }

  private async write(store: StoreName): Promise<void> {
    const share = this.random.fraction();
    const deleteShare = this.settings.deleteShare ?? 0.02;
    if (share < deleteShare) {
      const key = this.choose(this.ownKeys, store);
      if (key !== undefined) {
        this.ownKeys.splice(this.ownKeys.indexOf(key), 1);
        await this.stores.delete(store, key);
        return;
      }
    }
    const overwrite = share < deleteShare + OVERWRITE_SHARE ? this.overwritten(store) : undefined;
    await this.put(store, overwrite ?? this.newKey());
  }

  private async put(store: StoreName, key: string): Promise<void> {
    const serial = `${this.made}-${this.settings.seed}`;
    const body = Buffer.from(`${key}\n${serial}\n`.padEnd(this.random.whole(64, 8192), "0123456789abcdef\n"));
    this.made += 1;
    const metadata = { serial, "written-to": store };
    await this.stores.put(store, key, body, {
      headers: { contentType: "text/plain; charset=utf-8", cacheControl: "no-cache", metadata },
    });
  }

  private newKey(): string {
    const key = `${WRITER_PREFIX}${String(this.made).padStart(6, "0")}.txt`;
    this.ownKeys.push(key);
    return key;
  }

  private overwritten(store: StoreName): string | undefined {
    const inputKeys = this.settings.overwritableKeys ?? [];
    const fromInput = inputKeys.length > 0 && this.random.fraction() < 0.5;
    return this.choose(fromInput ? inputKeys : this.ownKeys, store);
  }

  /** One of the keys, if a few tries find one that may be overwritten on this store. */
  private choose(keys: readonly string[], store: StoreName): string | undefined {
    const values: KnownValues = this.settings.values;
    for (let tries = 0; tries < 8 && keys.length > 0; tries++) {
      const key = this.random.pick(keys);
      if (values.mayOverwrite(key, store)) {
        return key;
      }
    }
    return undefined;
  }
}
