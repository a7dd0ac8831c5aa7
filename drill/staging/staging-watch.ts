import { setTimeout as delay } from "node:timers/promises";
import { STORE_NAMES, type StoreName } from "../../contract/stores";
import type { DrillEvent } from "../evidence/events";
import type { Timing } from "../stage/timing";
import { abortReason, type PoolView, type SeenRead } from "./abort";
import type { StagedDeployment } from "./staged-deployment";
import type { StagingConfig } from "./staging-config";

/** Seconds of the real deployment between two looks at the pools; nothing shorter can be seen of them. */
export const LOOK_SECONDS = 5;

/** Between two looks at how far the standby is behind. */
const LAG_SECONDS = 30;

/** A drill that went on would do harm, or could not tell: it is ended and mended. */
export class AbortedDrillError extends Error {
  public override readonly name = "AbortedDrillError";
}

export interface StagingWatchSettings {
  readonly deployment: StagedDeployment;
  readonly abort: StagingConfig["abort"];
  readonly timing: Timing;
  readonly clock: () => number;
  readonly emit: (event: DrillEvent) => void;
  /** The store that the drill has broken now, and by what. */
  readonly broken: () => { readonly store: StoreName; readonly kind: string } | undefined;
  readonly blackout: (now: Date) => string | undefined;
  readonly onAbort: (reason: AbortedDrillError) => void;
}

/** Looks at pools, reads, lag and the calendar all the while, and says when it is enough. */
export class StagingWatch {
  public readonly pools: Record<StoreName, PoolView>;
  private readonly reads: SeenRead[] = [];
  private readonly ending = new AbortController();
  private readonly loops: Promise<void>[] = [];
  private readonly lastTold: Partial<Record<StoreName, PoolView["health"]>> = {};
  private lag: number | undefined;

  constructor(private readonly settings: StagingWatchSettings) {
    const unseen = (): PoolView => ({ health: "unknown", enabled: true, knownSeconds: this.now });
    this.pools = { primary: unseen(), secondary: unseen() };
  }

  /** The last answer about a store's pool came from a monitor that found it healthy, and the pool is on. */
  public isWell(store: StoreName): boolean {
    return this.pools[store].health === "healthy" && this.pools[store].enabled;
  }

  /** Every event of the drill. */
  public see(event: DrillEvent): void {
    if (event.type !== "read") return;
    this.reads.push({
      endSeconds: this.settings.timing.seconds(event.end),
      ok: event.outcome === "ok",
      reason: event.reason,
    });
    const keptSeconds = this.settings.abort.failedReads.overSeconds;
    while ((this.reads[0]?.endSeconds ?? Number.POSITIVE_INFINITY) < this.now - keptSeconds)
      this.reads.shift();
    this.judge();
  }

  public start(): void {
    this.loops.push(
      this.every(LOOK_SECONDS, () => this.lookAtPools()),
      this.every(LAG_SECONDS, () => this.lookAtLag()),
    );
  }

  public async stop(): Promise<void> {
    this.ending.abort();
    await Promise.all(this.loops);
  }

  private get now(): number {
    return this.settings.timing.seconds(this.settings.clock());
  }

  private async every(seconds: number, look: () => Promise<void>): Promise<void> {
    const { signal } = this.ending;
    while (!signal.aborted) {
      await look();
      this.judge();
      await delay(this.settings.timing.milliseconds(seconds), undefined, { signal }).catch(() => undefined);
    }
  }

  private async lookAtPools(): Promise<void> {
    const { deployment, clock, emit, broken } = this.settings;
    const before = broken();
    const seen = await deployment.pools.read(this.ending.signal).catch(() => undefined);
    // What was answered while the drill broke or mended something is neither the one nor the other.
    if (seen === undefined || broken() !== before) return;
    for (const store of STORE_NAMES) {
      const { health, enabled } = seen[store];
      const isOwnDoing = before?.store === store && before.kind === "pool-disabled";
      // Monitors do not look at a pool that is switched off.
      const isOff = !enabled || isOwnDoing;
      const isKnown = health !== "unknown" && !isOff;
      if (isKnown && health !== this.lastTold[store]) {
        emit({ type: "pool", at: clock(), store, healthy: health === "healthy" });
        this.lastTold[store] = health;
      }
      const knownSeconds = isKnown || isOff ? this.now : this.pools[store].knownSeconds;
      this.pools[store] = {
        health: isOff ? "unknown" : health,
        enabled: enabled || isOwnDoing,
        knownSeconds,
      };
    }
  }

  private async lookAtLag(): Promise<void> {
    this.lag = await this.settings.deployment.lagSeconds(this.ending.signal).catch(() => undefined);
  }

  private judge(): void {
    const { abort, broken, blackout, onAbort } = this.settings;
    if (this.ending.signal.aborted) return;
    const reason = abortReason(
      {
        nowSeconds: this.now,
        reads: this.reads,
        broken: broken()?.store,
        pools: this.pools,
        lagSeconds: this.lag,
        blackout: blackout(new Date()),
      },
      abort,
    );
    if (reason !== undefined) onAbort(new AbortedDrillError(reason));
  }
}
