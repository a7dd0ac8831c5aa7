import { otherStore, type StoreName } from "../../contract/stores";
import type {
  DrillEvent,
  FaultInjected,
  Phase,
  PlanApplied,
  ReadDone,
  RunStarted,
  StoreSurveyed,
  WriteDone,
} from "./events";

/** The store that is active before the first plan is applied: every drill begins there. */
const ACTIVE_AT_START: StoreName = "primary";

type EventOf<Type extends DrillEvent["type"]> = Extract<DrillEvent, { type: Type }>;

/** Part of the run; `end` is exclusive. Milliseconds of the machine, like `at`. */
export interface Span {
  readonly at: number;
  readonly end: number;
}

export interface PhaseSpan extends Span {
  readonly phase: Phase;
}

/** A plan that changed the active store. */
export interface Flip {
  readonly at: number;
  readonly from: StoreName;
  readonly to: StoreName;
  readonly plan: PlanApplied;
}

/** The events cannot be a run: nothing can be computed from them. */
export class EvidenceError extends Error {
  public override readonly name = "EvidenceError";
}

/** The events of one run, put in order and ready to be asked. Changes nothing, computes no figure. */
export class RunHistory {
  public readonly start: RunStarted;
  /** Time of the latest event. */
  public readonly end: number;
  public readonly phases: readonly PhaseSpan[];
  public readonly flips: readonly Flip[];
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
    this.flips = findFlips(this.of("plan-applied"));
  }

  /** All events of a type, by `at`. */
  public of<Type extends DrillEvent["type"]>(type: Type): readonly EventOf<Type>[] {
    return (this.byType.get(type) ?? []).filter((event): event is EventOf<Type> => event.type === type);
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
    return this.flips.findLast((flip) => flip.at <= at)?.to ?? ACTIVE_AT_START;
  }

  /** The first flip away from the store that was active at the start. */
  public get failover(): Flip | undefined {
    return this.flips[0];
  }

  /** The first flip back after the failover. */
  public get failback(): Flip | undefined {
    return this.flips[1];
  }

  public faultAt(store: StoreName, at: number): FaultInjected | undefined {
    const latest = this.of("fault").findLast((fault) => fault.store === store && fault.at <= at);
    return latest?.fault === "none" ? undefined : latest;
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

  public phase(name: Phase): PhaseSpan | undefined {
    return this.phases.find(({ phase }) => phase === name);
  }

  /** The latest sync point that runs into the store had reported by `until`, on the run's own clock. */
  public syncPoint(destination: StoreName, until: number): number | undefined {
    const reported = this.of("replication").flatMap(({ end, report }) =>
      end <= until && report.destination === destination && report.syncPoint !== undefined
        ? [this.moment(report.syncPoint)]
        : [],
    );
    return reported.length === 0 ? undefined : Math.max(...reported);
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
    return this.seconds(this.start.readerPeriodMilliseconds + this.machineDelayMilliseconds);
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

function findFlips(plans: readonly PlanApplied[]): readonly Flip[] {
  let active = ACTIVE_AT_START;
  return plans.flatMap((plan) => {
    if (plan.active === active) return [];
    active = plan.active;
    return [{ at: plan.at, from: otherStore(active), to: active, plan }];
  });
}
