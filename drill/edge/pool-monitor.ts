import type { SeededRandom } from "../workload/seeded-random";
import type { EdgePool } from "./edge-plan";
import type { PlanTime } from "./plan-time";
import {
  DATA_CENTRES_PER_REGION,
  type OriginHealth,
  type PoolStatus,
  poolStatus,
  recordCheck,
  unknownHealth,
} from "./pool-health";
import { probe } from "./probe";
import { isRetried, probeOutcome } from "./probe-outcome";

/**
 * Share of the interval over which the data centres of one pool are spread. Each keeps its own moment, so
 * that all of them have looked again exactly one interval after any moment.
 */
const SPREAD = 0.01;

export interface PoolMonitorOptions {
  readonly pool: EdgePool;
  readonly port: number;
  readonly time: PlanTime;
  /** Numbers from 0 to 1, for the spread of the data centres. */
  readonly random: SeededRandom;
  readonly onStatus: (pool: EdgePool, status: PoolStatus) => void;
}

/** Probes a pool from every data centre of its regions, once an interval, and reports when the quorum's verdict changes. */
export class PoolMonitor {
  public readonly pool: EdgePool;
  private health: OriginHealth;
  private currentStatus: PoolStatus;
  private readonly timers = new Set<NodeJS.Timeout>();
  private stopped = false;

  constructor(private readonly options: PoolMonitorOptions) {
    this.pool = options.pool;
    this.health = unknownHealth(options.pool);
    this.currentStatus = poolStatus(this.pool, this.health);
  }

  public get status(): PoolStatus {
    return this.currentStatus;
  }

  public start(): void {
    if (!this.pool.enabled || !this.pool.origin.enabled) return;
    const interval = this.options.time.milliseconds(this.pool.monitor.intervalSeconds);
    const began = performance.now();
    for (const region of this.pool.checkRegions) {
      for (let dataCentre = 0; dataCentre < DATA_CENTRES_PER_REGION; dataCentre += 1) {
        const first = began + this.options.random.fraction() * SPREAD * interval;
        this.scheduleCheck({ region, dataCentre }, first, interval);
      }
    }
  }

  public stop(): void {
    this.stopped = true;
    for (const timer of this.timers) clearTimeout(timer);
    this.timers.clear();
  }

  private scheduleCheck(prober: { region: string; dataCentre: number }, at: number, interval: number): void {
    const timer = setTimeout(
      () => {
        this.timers.delete(timer);
        void this.check(prober).then(() => {
          if (this.stopped) return;
          // Moments that a long check has overrun are skipped: a data centre has one check at a time.
          const missed = Math.max(1, Math.ceil((performance.now() - at) / interval));
          this.scheduleCheck(prober, at + missed * interval, interval);
        });
      },
      Math.max(0, at - performance.now()),
    );
    this.timers.add(timer);
  }

  private async check(prober: { region: string; dataCentre: number }): Promise<void> {
    const { monitor } = this.pool;
    const timeout = this.options.time.timeoutMilliseconds(monitor.timeoutSeconds);
    let answer = await probe(this.pool, this.options.port, timeout);
    for (let attempts = 1; !this.stopped && isRetried(monitor, answer, attempts); attempts += 1) {
      answer = await probe(this.pool, this.options.port, timeout);
    }
    if (this.stopped) return;
    const { passed } = probeOutcome(monitor, answer);
    this.health = recordCheck(monitor, this.health, { ...prober, passed });
    const status = poolStatus(this.pool, this.health);
    if (status === this.currentStatus) return;
    this.currentStatus = status;
    this.options.onStatus(this.pool, status);
  }
}
