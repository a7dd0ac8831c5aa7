import { type Marker, parseMarker } from "../../../contract/marker";
import { STORE_NAMES, type StoreName } from "../../../contract/stores";
import type { EdgeRetried, PoolChanged } from "../../evidence/events";
import { EdgeCore, type PoolOrder, type PoolState, type ResolverNumber } from "../core/edge-core";
import { TXT } from "../core/marker-zone";
import type { Attempt } from "../core/pool-watch";
import { probeOutcome } from "../core/probe-outcome";
import type { EdgePlan, EdgePool } from "../edge-plan";
import { type ProbeFinding, probeFinding, type ReadFinding, readFinding } from "./origin-behaviour";
import { VirtualOrigin } from "./virtual-origin";

export interface VirtualEdgeSettings {
  readonly plan: EdgePlan;
  /**
   * Spreads the data centres' probes.
   *
   * @default 1
   */
  readonly seed?: number;
  /**
   * Told of each check at its end, in order. All checks are then made; without it, those are left out that would
   * find what is known, which changes nothing else.
   */
  readonly onCheck?: (check: VirtualCheck) => void;
}

/** One check by one data centre, its retries included. */
export interface VirtualCheck {
  /** Plan seconds at its end. */
  readonly at: number;
  readonly store: StoreName;
  readonly region: string;
  readonly dataCentre: number;
  readonly passed: boolean;
}

export interface VirtualRead {
  /** The store that answered; absent when none did. */
  readonly store?: StoreName;
  /** The store's own status, or Cloudflare's code for why there is none. */
  readonly status: number;
  /** Whether a first pool was asked in vain. */
  readonly retried: boolean;
  /** Plan seconds that the reader waited. */
  readonly seconds: number;
}

/**
 * The edge in virtual time, which moves only when told to and begins at 0; quiet hours cost nothing. The same core decides
 * as in front of real servers. All times are plan seconds, but for those of events.
 */
export class VirtualEdge {
  /** What happened so far, as the drill's log has it: `at` is in milliseconds of the plan's time, as for a speed of 1. */
  public readonly events: (PoolChanged | EdgeRetried)[] = [];
  private time = 0;
  private readonly core: EdgeCore;
  private readonly origins: Readonly<Record<StoreName, VirtualOrigin>>;
  /** Probes under way, the next to end first. */
  private readonly underWay: {
    readonly at: number;
    readonly attempt: Attempt;
    readonly finding: ProbeFinding;
  }[] = [];
  /** Checks since the last that brought news. */
  private quietChecks = 0;

  constructor(private readonly settings: VirtualEdgeSettings) {
    this.core = new EdgeCore(settings);
    const origin = (): VirtualOrigin => new VirtualOrigin(() => this.expectNews());
    const [primary, secondary] = STORE_NAMES;
    this.origins = { [primary]: origin(), [secondary]: origin() };
  }

  /** Plan seconds since the begin. */
  public get now(): number {
    return this.time;
  }

  /** The plan in force. */
  public get plan(): EdgePlan {
    return this.core.plan;
  }

  /** A store's origin, whose behaviour can be changed. */
  public origin(store: StoreName): VirtualOrigin {
    return this.origins[store];
  }

  /**
   * Lets time pass until `seconds` since the begin. What falls on that very moment has happened.
   *
   * @throws RangeError for a moment that has passed, or is none
   */
  public advanceTo(seconds: number): void {
    if (!(seconds >= this.time && Number.isFinite(seconds)))
      throw new RangeError(`cannot advance to ${seconds} s: it is ${this.time} s now`);
    for (;;) {
      const begins = this.core.nextDue();
      const ends = this.underWay[0]?.at ?? Number.POSITIVE_INFINITY;
      const next = Math.min(begins, ends);
      if (next > seconds) break;
      this.time = next;
      if (ends <= begins) this.endProbe();
      else if (next < seconds && this.canSkip()) this.core.skipTo(seconds);
      else for (const attempt of this.core.due(next)) this.beginProbe(attempt);
    }
    this.time = seconds;
  }

  /**
   * One read now. It is decided at once, also where it takes long; time does not pass.
   *
   * @param region of the reader, as in `WEU`; absent: the plan's `readersRegion`
   */
  public read(region?: string): VirtualRead {
    const route = this.core.route(this.time, region);
    if (route.kind === "none") return { status: 530, retried: false, seconds: 0 };
    const first = this.ask(route.pool, region);
    const next = first.answered
      ? undefined
      : this.core.afterFailure({ pool: route.pool, code: first.status, requestHasBody: false, region });
    if (next === undefined) return asRead(route.pool, first, 0);
    const [from, to] = [route.pool.origin.name, next.origin.name];
    this.events.push({ type: "edge-retry", at: this.milliseconds(), from, to, code: first.status });
    return { ...asRead(next, this.ask(next, region), first.seconds), retried: true };
  }

  /** What a resolver says of the marker now. */
  public resolve(resolver: ResolverNumber = 0): Marker {
    const { name } = this.plan.marker;
    const [record] = this.core.resolve(resolver, name, TXT, this.time).records;
    return parseMarker((record?.data ?? "").slice(1, -1));
  }

  /** Takes another plan now, marker included. */
  public applyPlan(plan: EdgePlan): void {
    this.core.applyPlan(plan, this.time);
    this.expectNews();
  }

  /** @throws RangeError for a pool that the plan does not have */
  public setPool(name: string, change: { readonly enabled: boolean }): void {
    this.core.setPool(name, change, this.time);
    this.expectNews();
  }

  /** @throws RangeError for a pool that the plan does not have */
  public setOrder(order: PoolOrder): void {
    this.core.setOrder(order, this.time);
    this.expectNews();
  }

  /** Changes the marker's content and nothing else. */
  public publishMarker(marker: Marker): void {
    this.core.publishMarker(marker);
  }

  public pools(): readonly PoolState[] {
    return this.core.pools();
  }

  private ask(pool: EdgePool, region: string | undefined): ReadFinding {
    return readFinding(this.origins[pool.origin.name].forReads(region ?? this.plan.readersRegion));
  }

  private beginProbe(attempt: Attempt): void {
    const finding = this.finding(attempt.pool, attempt.region);
    const at = this.time + finding.seconds;
    const later = this.underWay.findIndex((other) => other.at > at);
    this.underWay.splice(later === -1 ? this.underWay.length : later, 0, { at, attempt, finding });
  }

  private endProbe(): void {
    const ended = this.underWay.shift();
    if (ended === undefined) return;
    const { attempt, finding } = ended;
    const { again, outcome, status, isNews } = this.core.recordProbe(attempt, finding.answer, this.time);
    if (again !== undefined) this.beginProbe(again);
    if (outcome === undefined) return;
    this.quietChecks = isNews ? 0 : this.quietChecks + 1;
    const store = attempt.pool.origin.name;
    const { region, dataCentre } = attempt;
    this.settings.onCheck?.({ at: this.time, store, region, dataCentre, passed: outcome.passed });
    if (status === undefined) return;
    this.events.push({ type: "pool", at: this.milliseconds(), store, healthy: status === "healthy" });
  }

  private finding(pool: EdgePool, region: string): ProbeFinding {
    return probeFinding(pool, this.origins[pool.origin.name].forProbes(region));
  }

  /** Whether every check from now on would find at once what is known already. */
  private canSkip(): boolean {
    if (this.settings.onCheck !== undefined || this.underWay.length > 0 || this.quietChecks === 0)
      return false;
    return this.core.isSettled((pool, region) => {
      const { seconds, answer } = this.finding(pool, region);
      return seconds === 0 ? probeOutcome(pool.monitor, answer).passed : undefined;
    });
  }

  private expectNews(): void {
    this.quietChecks = 0;
  }

  private milliseconds(): number {
    return this.time * 1000;
  }
}

function asRead(pool: EdgePool, { answered, status, seconds }: ReadFinding, before: number): VirtualRead {
  return {
    store: answered ? pool.origin.name : undefined,
    status,
    retried: false,
    seconds: before + seconds,
  };
}
