import { otherStore, type StoreName } from "../../contract/stores";
import {
  DELAY_PERIOD_MILLISECONDS,
  type DrillEvent,
  type EventOf,
  type EventType,
  type ReadDone,
  type RunStarted,
  type StoreSurveyed,
  type WriteDone,
} from "./events";
import { EvidenceError } from "./evidence-error";
import type { FaultTarget } from "./fault-kinds";
import { type FaultSpan, faultSpans, isStoreFault, type StoreFault } from "./fault-spans";
import { type Flip, findFlips } from "./flips";

/** Part of the run; `end` is exclusive. Milliseconds of the machine, like `at`. */
export interface Span {
  readonly at: number;
  readonly end: number;
}

export interface PhaseSpan extends Span {
  readonly phase: string;
}

/** The events of one run, put in order and ready to be asked. Changes nothing, computes no figure. */
export class RunHistory {
  public readonly start: RunStarted;
  /** Time of the latest event. */
  public readonly end: number;
  public readonly phases: readonly PhaseSpan[];
  public readonly flips: readonly Flip[];
  /** Everything that was broken on purpose, in order. */
  public readonly faults: readonly FaultSpan[];
  /** The fence F as this run waited for it. */
  public readonly fenceMilliseconds: number;
  private readonly byType: ReadonlyMap<string, readonly DrillEvent[]>;
  private readonly wallClockAtZero: number;

  /** @throws EvidenceError when the events hold no `run-started`, or one without a usable speed */
  constructor(events: readonly DrillEvent[]) {
    // Several processes report, so that lines arrive slightly out of order.
    const ordered = [...events].sort((left, right) => left.at - right.at);
    this.byType = groupByType(ordered);
    const [start] = this.of("run-started");
    if (start === undefined) throw new EvidenceError("the log has no run-started event: it is not a drill's");
    if (!(start.speed > 0)) throw new EvidenceError(`the log's speed is ${start.speed}; it must be above 0`);
    this.start = start;
    this.end = ordered.reduce((latest, event) => Math.max(latest, "end" in event ? event.end : event.at), 0);
    this.wallClockAtZero = Date.parse(start.wallClock) - start.at;
    this.fenceMilliseconds = start.fence.waitedMilliseconds;
    this.phases = this.of("phase").map(({ at, phase }, index, all) => ({
      phase,
      at,
      end: all[index + 1]?.at ?? Number.POSITIVE_INFINITY,
    }));
    this.flips = findFlips(ordered, this.activeAtStart);
    this.faults = faultSpans(this.of("fault"));
  }

  /** All events of a type, by `at`. */
  public of<Type extends EventType>(type: Type): readonly EventOf<Type>[] {
    return (this.byType.get(type) ?? []) as readonly EventOf<Type>[];
  }

  public get activeAtStart(): StoreName {
    return this.start.active ?? "primary";
  }

  /** Faults of the stores themselves. */
  public get storeFaults(): readonly StoreFault[] {
    return this.faults.filter(isStoreFault);
  }

  /** Seconds of the real deployment, to the millisecond. */
  public seconds(milliseconds: number): number {
    return Math.round(milliseconds * this.start.speed) / 1000;
  }

  /** Where an ISO 8601 time of a store or of the replicator lies on the run's own clock. */
  public moment(iso: string): number {
    return Date.parse(iso) - this.wallClockAtZero;
  }

  public activeAt(at: number): StoreName {
    return this.flips.findLast((flip) => flip.at <= at)?.to ?? this.activeAtStart;
  }

  /** The store whose pool is first in the load balancer's order at that time. */
  public preferredAt(at: number): StoreName {
    const orders = [...this.of("plan-applied"), ...this.of("pool-order")].filter((order) => order.at <= at);
    return orders.reduce<{ at: number; active: StoreName }>(
      (latest, order) => (order.at >= latest.at ? order : latest),
      { at: Number.NEGATIVE_INFINITY, active: this.activeAtStart },
    ).active;
  }

  /** What the target suffers from at that time. */
  public faultAt(target: FaultTarget, at: number): FaultSpan | undefined {
    return this.faults.find((span) => span.target === target && at >= span.at && at < span.end);
  }

  /** Milliseconds by which the target's clock is ahead of this machine's at that time. */
  public clockAhead(target: FaultTarget, at: number): number {
    const fault = this.faultAt(target, at);
    return fault?.fault === "clock-skewed" ? fault.minutes * 60_000 : 0;
  }

  public survey(moment: StoreSurveyed["moment"], store: StoreName): StoreSurveyed | undefined {
    return this.of("survey").findLast((survey) => survey.moment === moment && survey.store === store);
  }

  /** Writes that reached the store or may have, in the order in which they ended. */
  public writesTo(store: StoreName): readonly WriteDone[] {
    return this.of("write")
      .filter((write) => write.store === store && write.outcome !== "refused")
      .sort((left, right) => left.end - right.end);
  }

  /** Reads that may have noticed what happened in the span: in flight when it began, or sent within it. */
  public readsDuring({ at, end }: Span): readonly ReadDone[] {
    return this.of("read").filter((read) => read.end >= at && read.at < end);
  }

  /** The latest sync point that runs into the store had reported by `until`, on the run's own clock. */
  public syncPoint(destination: StoreName, until: number): number | undefined {
    const reported = this.of("replication").flatMap(({ end, report }) =>
      end <= until && report.destination === destination && report.syncPoint !== undefined
        ? [this.syncPointOf(report.syncPoint, end, otherStore(destination))]
        : [],
    );
    return reported.length === 0 ? undefined : Math.max(...reported);
  }

  /** A sync point is the source's own clock, which may have been wrong on purpose when it was first reported. */
  public syncPointOf(iso: string, reportedAt: number, source: StoreName): number {
    const first = this.of("replication").find(
      ({ report }) => report.syncPoint === iso && report.source === source,
    );
    return this.moment(iso) - this.clockAhead(source, first?.end ?? reportedAt);
  }

  /** Keys that runs into the store named as exceptions, in passes that ended within the time given. */
  public namedExceptions(destination: StoreName, { at, end }: Span): ReadonlySet<string> {
    return new Set(
      this.of("replication").flatMap((run) =>
        run.report.destination === destination && run.end >= at && run.end <= end
          ? run.report.exceptions.map(({ key }) => key)
          : [],
      ),
    );
  }

  /** The worst `delay` event: how long the machine kept a process from running. */
  public get machineDelayMilliseconds(): number {
    return this.of("delay").reduce((worst, { milliseconds }) => Math.max(worst, milliseconds), 0);
  }

  /** Seconds of the real deployment below which this run could not see anything. */
  public get toleranceSeconds(): number {
    return this.toleranceSecondsIn({ at: Number.NEGATIVE_INFINITY, end: Number.POSITIVE_INFINITY });
  }

  /** The same of what ended with the span: a delay before or after it made nothing in it take longer. */
  public toleranceSecondsIn({ at, end }: Span): number {
    const worst = this.of("delay").reduce((longest, { at: told, milliseconds }) => {
      const since = told - milliseconds - DELAY_PERIOD_MILLISECONDS;
      return told >= at && since <= end ? Math.max(longest, milliseconds) : longest;
    }, 0);
    return this.seconds(this.start.readerPeriodMilliseconds + worst);
  }
}

function groupByType(events: readonly DrillEvent[]): ReadonlyMap<string, readonly DrillEvent[]> {
  const groups = new Map<string, DrillEvent[]>();
  for (const event of events) {
    const group = groups.get(event.type);
    if (group === undefined) groups.set(event.type, [event]);
    else group.push(event);
  }
  return groups;
}
