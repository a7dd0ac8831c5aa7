import type { StoreName } from "../../contract/stores";
import { otherStore } from "../../contract/stores";
import type { WriteDone } from "./events";
import type { FaultKind } from "./fault-kinds";
import { isLoss, type StoreFault } from "./fault-spans";
import type { Flip } from "./flips";
import { lastingGood } from "./outage";
import type { RunHistory } from "./run-history";
import { worst } from "./worst";

/**
 * What it took to recover from an outage of the active store, in seconds of the real deployment from the fault on; null for what
 * had not come about when the run ended.
 */
export interface RecoveryFigures {
  readonly store: StoreName;
  readonly fault: FaultKind;
  /** Into the run. */
  readonly atSeconds: number;
  /** Until readers were well for good; 0 when no read failed. */
  readonly dataPlaneSeconds: number | null;
  /** Until writers were acknowledged for good, on whichever store; 0 when none was turned away. */
  readonly controlPlaneSeconds: number | null;
  /** Until someone began to flip; null without a flip. */
  readonly decisionSeconds: number | null;
  /** From there until the writer was acknowledged by the store that became active; null without a flip. */
  readonly flipSeconds: number | null;
  /** Until a clean run of replication, with the store back, left nothing unequal but named exceptions. */
  readonly reconciledSeconds: number | null;
  /** Until both planes were well; null unless reconciliation is clean too. */
  readonly bothSeconds: number | null;
  readonly recovered: boolean;
}

/** The worst of all outages; null where one did not come about. */
export interface WorstRecovery {
  readonly dataPlaneSeconds: number | null;
  readonly controlPlaneSeconds: number | null;
  readonly bothSeconds: number | null;
  readonly recovered: boolean;
}

/** Null when there was no outage to recover from. */
export function worstRecovery(all: readonly RecoveryFigures[]): WorstRecovery | null {
  if (all.length === 0) return null;
  return {
    dataPlaneSeconds: worst(all.map((one) => one.dataPlaneSeconds)),
    controlPlaneSeconds: worst(all.map((one) => one.controlPlaneSeconds)),
    bothSeconds: worst(all.map((one) => one.bothSeconds)),
    recovered: all.every(({ recovered }) => recovered),
  };
}

/** One for each outage that took the active store away, or that was answered by a flip. */
export function recoveries(history: RunHistory): readonly RecoveryFigures[] {
  return history.storeFaults
    .filter((fault) => fault.target === history.activeAt(fault.at))
    .filter((fault) => isLoss(fault) || flipDuring(history, fault) !== undefined)
    .map((fault) => recoveryOf(history, fault));
}

function recoveryOf(history: RunHistory, fault: StoreFault): RecoveryFigures {
  const { at } = fault;
  const since = (moment: number | null) =>
    moment === null ? null : history.seconds(Math.max(0, moment - at));
  const flip = flipDuring(history, fault);
  const flipBegan = flip && (flip.command?.at ?? flip.at);
  const moved = flip && firstWriteAfter(history, flip);
  const dataPlane = readersWell(history, fault);
  const controlPlane = writersWell(history, fault);
  const reconciled = reconciledAt(history, fault);
  const recovered = dataPlane !== null && controlPlane !== null && reconciled !== null;
  return {
    store: fault.target,
    fault: fault.fault,
    atSeconds: history.seconds(at),
    dataPlaneSeconds: since(dataPlane),
    controlPlaneSeconds: since(controlPlane),
    decisionSeconds: since(flipBegan ?? null),
    flipSeconds:
      flipBegan === undefined || moved === undefined ? null : history.seconds(moved.end - flipBegan),
    reconciledSeconds: since(reconciled),
    bothSeconds: recovered ? since(Math.max(dataPlane, controlPlane)) : null,
    recovered,
  };
}

/** The flip away from the store while it was broken. */
export function flipDuring(history: RunHistory, { target, at, end }: StoreFault): Flip | undefined {
  return history.flips.find((flip) => flip.from === target && flip.at >= at && flip.at < end);
}

/** The first write that the writer got acknowledged by the store that became active. */
export function firstWriteAfter(history: RunHistory, { at, to }: Flip): WriteDone | undefined {
  return history
    .of("write")
    .find(
      (write) => write.at >= at && write.store === to && write.outcome === "acknowledged" && isWriters(write),
    );
}

function readersWell(history: RunHistory, { at, end }: StoreFault): number | null {
  const failed = history.readsDuring({ at, end }).filter(({ outcome }) => outcome === "failed");
  return failed.length === 0 ? at : (lastingGood(history.of("read"), failed)?.at ?? null);
}

function writersWell(history: RunHistory, { at, end }: StoreFault): number | null {
  const writes = history.of("write").filter(isWriters);
  const lastRefused = writes.findLast(
    (write) => write.outcome !== "acknowledged" && write.end >= at && write.at < end,
  );
  if (lastRefused === undefined) return at;
  return writes.find((write) => write.outcome === "acknowledged" && write.at > lastRefused.at)?.end ?? null;
}

function reconciledAt(history: RunHistory, { end, target }: StoreFault): number | null {
  const run = history
    .of("replication")
    .find(
      ({ at, report }) =>
        at >= end &&
        report.outcome === "clean" &&
        report.destination === otherStore(history.activeAt(at)) &&
        (report.destination === target || report.source === target),
    );
  if (run === undefined) return null;
  const compared = history.of("parity").findLast(({ at }) => at >= run.at);
  return compared === undefined || compared.differences.length === 0 ? run.end : null;
}

/** Only who follows the marker counts: a person or a stale writer goes where they please. */
function isWriters(write: WriteDone): boolean {
  return write.by === undefined;
}
