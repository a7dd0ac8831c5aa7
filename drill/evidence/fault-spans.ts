import { isStoreName, type StoreName } from "../../contract/stores";
import type { OutageKind } from "../../lib/objectives";
import type { FaultInjected } from "./events";
import { type FaultKind, type FaultTarget, outageOfFault } from "./fault-kinds";

/** Something was out of order from `at` until `end`, exclusive; without an end in the log, for ever. */
export interface FaultSpan {
  readonly at: number;
  readonly end: number;
  readonly target: FaultTarget;
  readonly fault: FaultKind;
  readonly detail?: string;
  /** Minutes by which a skewed clock is ahead. */
  readonly minutes: number;
  /** As which kind of outage the plan predicts it. */
  readonly outage: OutageKind | null;
}

/** A fault of a store. */
export interface StoreFault extends FaultSpan {
  readonly target: StoreName;
}

/** @param faults - in order; a later event of a target ends what an earlier one began */
export function faultSpans(faults: readonly FaultInjected[]): readonly FaultSpan[] {
  return faults.flatMap(({ at, target, fault, detail, minutes = 0, outage }, index) => {
    if (fault === "none") return [];
    const next = faults.slice(index + 1).find((later) => later.target === target);
    return [
      {
        at,
        end: next?.at ?? Number.POSITIVE_INFINITY,
        target,
        fault,
        detail,
        minutes,
        outage: outage === undefined ? outageOfFault(fault) : outage,
      },
    ];
  });
}

export function isStoreFault(span: FaultSpan): span is StoreFault {
  return isStoreName(span.target);
}

/** Faults for which nobody moves writers: most writes are still taken, or, with a full disk, will be once there is room. */
const WRITABLE: ReadonlySet<FaultKind> = new Set([
  "slow",
  "cut",
  "throttled",
  "wrong-health-body",
  "health-object-removed",
  "pool-disabled",
  "disk-full",
  "clock-skewed",
]);

/** Whether nobody can count on the store while it lasts: what a failover is for. */
export function isLoss(span: FaultSpan): span is StoreFault {
  return isStoreFault(span) && !WRITABLE.has(span.fault);
}
