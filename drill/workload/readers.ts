import { Agent } from "node:http";
import { isStoreName } from "../../contract/stores";
import type { ReadDone } from "../evidence/events";
import type { KnownValues } from "./known-values";
import { startOpenLoop } from "./open-loop";
import { type ReadResult, readObject } from "./read-object";
import { type SeededRandom, seededRandom } from "./seeded-random";

export interface ReaderSettings {
  /** Base URL of the edge on this machine. */
  readonly edgeUrl: string;
  /** The name that readers know; sent as Host. */
  readonly hostname: string;
  /** How many readers there are; they read in turn, evenly spaced. */
  readonly readers: number;
  /** Between two reads of one reader. */
  readonly periodMilliseconds: number;
  /** After this long without the whole answer a read has failed. */
  readonly timeoutMilliseconds: number;
  /**
   * Reads under way at once; one that would exceed it is recorded as failed, unsent.
   *
   * @default - all that the rate can start within the time-out, and as many again
   */
  readonly maximumInFlight?: number;
  /** Fixes which keys are read in which order. */
  readonly seed: number;
  /** Milliseconds since the run began. */
  readonly clock: () => number;
  readonly emit: (event: ReadDone) => void;
  /** Gives the keys to read and judges what they read as. */
  readonly values: KnownValues;
}

/**
 * Readers behind the edge. They keep their rate whatever the answers take (an open loop): a reader that
 * waited for a slow answer would miss the very outage that it is there to see.
 */
export class Readers {
  private readonly random: SeededRandom;
  private readonly agent = new Agent({ keepAlive: true });
  private readonly underWay = new Set<Promise<void>>();
  private readonly maximumInFlight: number;
  private readonly loops: (() => void)[] = [];

  constructor(private readonly settings: ReaderSettings) {
    const { readers, periodMilliseconds, timeoutMilliseconds } = settings;
    this.random = seededRandom(settings.seed);
    this.maximumInFlight =
      settings.maximumInFlight ?? 2 * readers * Math.ceil(timeoutMilliseconds / periodMilliseconds + 1);
  }

  public start(): void {
    const { readers, periodMilliseconds } = this.settings;
    for (let reader = 0; reader < readers; reader++) {
      this.loops.push(
        startOpenLoop(periodMilliseconds, (reader * periodMilliseconds) / readers, () => this.tick()),
      );
    }
  }

  /** Starts no more reads, and waits for those under way. */
  public async stop(): Promise<void> {
    for (const end of this.loops.splice(0)) {
      end();
    }
    await Promise.all(this.underWay);
    this.agent.destroy();
  }

  private tick(): void {
    const keys = this.settings.values.readables();
    if (keys.length === 0) {
      return;
    }
    const key = this.random.pick(keys);
    if (this.underWay.size >= this.maximumInFlight) {
      const at = this.settings.clock();
      const reason = `not sent: ${this.underWay.size} reads are under way`;
      this.settings.emit({ type: "read", at, end: at, key, outcome: "failed", reason });
      return;
    }
    const read = this.read(key).finally(() => this.underWay.delete(read));
    this.underWay.add(read);
  }

  private async read(key: string): Promise<void> {
    const { edgeUrl, hostname, timeoutMilliseconds, clock, emit } = this.settings;
    const at = clock();
    const result = await readObject({ url: edgeUrl, hostname, timeoutMilliseconds, agent: this.agent }, key);
    const reason = this.fault(key, result);
    const event = { type: "read", at, end: clock(), key, status: result.status, etag: result.etag } as const;
    const store = isStoreName(result.origin) ? result.origin : undefined;
    emit(
      reason === undefined
        ? { ...event, store, outcome: "ok" }
        : { ...event, store, outcome: "failed", reason },
    );
  }

  private fault(key: string, result: ReadResult): string | undefined {
    if (result.broken !== undefined || result.status === undefined) {
      return result.broken ?? "no answer";
    }
    return this.settings.values.judge(key, { status: result.status, etag: result.etag });
  }
}
