import type { SeededRandom } from "../../workload/seeded-random";
import type { EdgePool } from "../edge-plan";
import {
  type Check,
  DATA_CENTRES_PER_REGION,
  type OriginHealth,
  type PoolStatus,
  poolStatus,
  recordCheck,
  regionStatuses,
  unknownHealth,
} from "./pool-health";
import { isRetried, type ProbeAnswer, type ProbeOutcome, probeOutcome } from "./probe-outcome";

/**
 * Share of the interval over which the data centres of one pool are spread. Each keeps its own moment, so
 * that all of them have looked again exactly one interval after any moment.
 */
const SPREAD = 0.01;

/** One request that a data centre makes now; a check is one attempt, and more after time-outs. */
export interface Attempt {
  readonly pool: EdgePool;
  readonly region: string;
  readonly dataCentre: number;
  /** 1 for the first of a check. */
  readonly number: number;
}

/** What follows from an attempt's answer. Empty when nobody waits for it any more. */
export interface Recorded {
  /** To be made at once, because this one timed out. */
  readonly again?: Attempt;
  /** What the check came to, at its end. */
  readonly outcome?: ProbeOutcome;
  /** Whether the check has changed anything that is known. */
  readonly isNews?: boolean;
  /** The pool's new status, when the check has changed it. */
  readonly status?: PoolStatus;
}

interface DataCentre {
  readonly region: string;
  readonly dataCentre: number;
  /** Plan seconds of its first check; all others come whole intervals later. */
  readonly first: number;
  /** Number of the next check. Counted, not added up, so that a long time rounds no moment away. */
  turn: number;
  underWay?: Attempt;
}

/** What is known of one pool, and when its data centres look again. */
export class PoolWatch {
  private currentStatus: PoolStatus;
  private health: OriginHealth;
  private readonly dataCentres: readonly DataCentre[];

  constructor(
    public readonly pool: EdgePool,
    random: SeededRandom,
    now: number,
  ) {
    this.health = unknownHealth(pool);
    this.currentStatus = poolStatus(pool, this.health);
    const isProbed = pool.enabled && pool.origin.enabled;
    this.dataCentres = (isProbed ? pool.checkRegions : []).flatMap((region) =>
      Array.from({ length: DATA_CENTRES_PER_REGION }, (_, dataCentre) => ({
        region,
        dataCentre,
        first: now + random.fraction() * SPREAD * pool.monitor.intervalSeconds,
        turn: 0,
      })),
    );
  }

  public get status(): PoolStatus {
    return this.currentStatus;
  }

  public get regions(): Readonly<Record<string, PoolStatus>> {
    return regionStatuses(this.health);
  }

  /** Plan seconds of the next check that begins; infinite when none does. */
  public nextDue(): number {
    let next = Number.POSITIVE_INFINITY;
    for (const one of this.dataCentres) {
      if (one.underWay === undefined) next = Math.min(next, this.momentOf(one));
    }
    return next;
  }

  /** The checks that begin now. */
  public due(now: number): readonly Attempt[] {
    const begun: Attempt[] = [];
    for (const one of this.dataCentres) {
      if (one.underWay !== undefined || this.momentOf(one) > now) continue;
      one.underWay = { pool: this.pool, region: one.region, dataCentre: one.dataCentre, number: 1 };
      begun.push(one.underWay);
    }
    return begun;
  }

  public record(attempt: Attempt, answer: ProbeAnswer, now: number): Recorded {
    const one = this.dataCentres.find(({ underWay }) => underWay === attempt);
    if (one === undefined) return {};
    const { monitor } = this.pool;
    if (isRetried(monitor, answer, attempt.number)) {
      one.underWay = { ...attempt, number: attempt.number + 1 };
      return { again: one.underWay };
    }
    one.underWay = undefined;
    // Moments that a long check has overrun are skipped: a data centre has one check at a time.
    one.turn = Math.max(one.turn + 1, this.turnAt(one, now));
    const outcome = probeOutcome(monitor, answer);
    return { outcome, ...this.take({ ...attempt, passed: outcome.passed }) };
  }

  /** Whether nothing would change if every data centre looked again and found this. */
  public isSettled(finds: (region: string) => boolean | undefined): boolean {
    return this.dataCentres.every(({ region, dataCentre }) => {
      const passed = finds(region);
      if (passed === undefined) return false;
      return recordCheck(this.pool.monitor, this.health, { region, dataCentre, passed }) === this.health;
    });
  }

  /** Leaves out all checks before `moment`. Right only while the pool is settled. */
  public skipTo(moment: number): void {
    for (const one of this.dataCentres) one.turn = Math.max(one.turn, this.turnAt(one, moment));
  }

  private take(check: Check): Pick<Recorded, "isNews" | "status"> {
    const health = recordCheck(this.pool.monitor, this.health, check);
    if (health === this.health) return { isNews: false };
    this.health = health;
    const status = poolStatus(this.pool, health);
    if (status === this.currentStatus) return { isNews: true };
    this.currentStatus = status;
    return { isNews: true, status };
  }

  private momentOf({ first, turn }: DataCentre): number {
    return first + turn * this.pool.monitor.intervalSeconds;
  }

  /** The first turn that is not before `moment`. */
  private turnAt({ first }: DataCentre, moment: number): number {
    const { intervalSeconds } = this.pool.monitor;
    const turn = Math.ceil((moment - first) / intervalSeconds);
    return first + turn * intervalSeconds < moment ? turn + 1 : turn;
  }
}
