import type { DrillFigures } from "../evidence/figures";
import type { ReportTable } from "./report-shape";
import { amount, clockTime, duration } from "./wording";

/** Readers, writers and content, each by itself and all together. */
export function recoveryTable({ recoveries }: DrillFigures): ReportTable {
  const time = (seconds: number | null) => (seconds === null ? "not yet" : duration(seconds));
  return {
    id: "recovery",
    title: "Recovery from the loss of the active store",
    note: "From the fault on. Recovered means that readers and writers are well for good, and that a clean run has made both stores equal again, named exceptions aside. An operator's command takes as long as it takes on this machine; that is scaled like everything else.",
    columns: [
      "outage",
      "readers (data plane)",
      "writers (control plane)",
      "of which to decide",
      "of which to flip",
      "both planes",
      "content equal",
      "verdict",
    ],
    rows: recoveries.map((one) => ({
      cells: [
        `${one.store}: ${one.fault}`,
        time(one.dataPlaneSeconds),
        time(one.controlPlaneSeconds),
        one.decisionSeconds === null ? "no flip" : duration(one.decisionSeconds),
        one.flipSeconds === null ? "–" : duration(one.flipSeconds),
        time(one.bothSeconds),
        time(one.reconciledSeconds),
        one.recovered ? "recovered" : "not recovered",
      ],
      state: one.recovered ? "good" : "bad",
    })),
  };
}

export function flipTable({ flips }: DrillFigures): ReportTable {
  return {
    id: "flips",
    title: "Flips",
    columns: [
      "time",
      "flip",
      "done by",
      "writer moved after",
      "writes paused",
      "readers interrupted",
      "data at risk",
      "lost",
    ],
    rows: flips.map((flip) => ({
      cells: [
        clockTime(flip.atSeconds),
        `${flip.planned ? "planned" : "unplanned"}, to ${flip.to}`,
        flip.command ?? (flip.changedPaths === null ? "the API" : "a plan"),
        duration(flip.writerSeconds),
        duration(flip.writesPausedSeconds),
        flip.interruptionSeconds === null ? "see the outage" : duration(flip.interruptionSeconds),
        flip.exposure === null
          ? "nothing"
          : `${duration(flip.exposure.seconds)} (in truth ${duration(flip.exposure.exactSeconds)})`,
        flip.lost === null ? "see data at risk" : amount(flip.lost.length, "object"),
      ],
    })),
  };
}
