import { EXCEPTION_KINDS } from "../../lambda/replicator/report";
import type { DrillFigures } from "../evidence/figures";
import type { OutageFigures } from "../evidence/outage";
import type { RunHistory } from "../evidence/run-history";
import { momentsOf, PHASE_NAMES } from "./moments";
import type { LogReference, ReportTable, TableRow } from "./report-shape";
import { amount, byteSize, clockTime, duration, grouped, inUnit, productName } from "./wording";

const ROWS_SHOWN = 20;

/** In the order of how much they matter to someone who has read the verdict. */
export function reportTables(
  figures: DrillFigures,
  history: RunHistory,
  log: LogReference,
): readonly ReportTable[] {
  return [
    targetTable(figures),
    predictionTable(figures),
    invariantTable(figures),
    momentTable(history),
    exceptionTable(figures),
    flipTable(figures),
    loadTable(figures),
    runTable(figures, log),
  ].filter(({ rows }) => rows.length > 0);
}

function targetTable({ targets }: DrillFigures): ReportTable {
  return {
    id: "targets",
    title: "Targets",
    columns: ["figure", "measured", "allowed", "verdict"],
    rows: targets.map(({ text, value, limit, unit, met }) => ({
      cells: [
        text,
        value === null ? "not measured" : inUnit(value, unit),
        `≤ ${inUnit(limit, unit)}`,
        met ? "met" : "missed",
      ],
      state: met ? "good" : "bad",
    })),
  };
}

function predictionTable({ failover, kill, toleranceSeconds }: DrillFigures): ReportTable {
  return {
    id: "prediction",
    title: "Predicted against measured",
    note: `Predicted from the plan's own numbers, over the phase of the outage within the monitors' interval. This run could see nothing shorter than ${duration(toleranceSeconds)} (reader period and machine delay, scaled): that much is allowed beyond the range.`,
    columns: ["outage", "best", "mean", "worst", "recovery", "noticed after", "failed reads", "verdict"],
    rows: [...predictionRow("answers 503", failover), ...predictionRow("process killed", kill)],
  };
}

function predictionRow(name: string, outage: OutageFigures | null): readonly TableRow[] {
  if (outage === null) return [];
  const { predictedSeconds, withinPrediction } = outage;
  return [
    {
      cells: [
        name,
        duration(predictedSeconds.best),
        duration(predictedSeconds.mean),
        duration(predictedSeconds.worst),
        duration(outage.rtoSeconds),
        duration(outage.detectionSeconds),
        `${grouped(outage.failedReads)} of ${grouped(outage.reads)}`,
        withinPrediction ? "as predicted" : "outside",
      ],
      state: withinPrediction ? "good" : "bad",
    },
  ];
}

function invariantTable({ invariants }: DrillFigures): ReportTable {
  return {
    id: "invariants",
    title: "Invariants",
    columns: ["", "what must hold", "evidence", "verdict"],
    rows: invariants.map(({ id, text, evidence, violations, holds }) => ({
      cells: [
        id,
        text,
        [evidence, ...violations.map((violation) => `✘ ${violation}.`)].join(" "),
        holds === undefined ? "not checked" : holds ? "holds" : "broken",
      ],
      state: holds === undefined ? "unknown" : holds ? "good" : "bad",
    })),
  };
}

function momentTable(history: RunHistory): ReportTable {
  return {
    id: "moments",
    title: "What happened",
    note: "Minutes and seconds of the real deployment since the run began.",
    columns: ["time", "what"],
    rows: momentsOf(history).map(({ at, what }) => ({ cells: [clockTime(history.seconds(at)), what] })),
  };
}

function exceptionTable({ exceptions }: DrillFigures): ReportTable {
  const all = EXCEPTION_KINDS.flatMap((kind) =>
    exceptions[kind].map(({ key, reason }) => [kind, key, reason]),
  );
  const more = all.length - ROWS_SHOWN;
  return {
    id: "exceptions",
    title: "Named exceptions",
    note:
      more > 0
        ? `Keys that some run could not make equal, and did not touch. ${amount(more, "further key")} in report.json.`
        : "Keys that some run could not make equal, and did not touch.",
    columns: ["kind", "key", "reason"],
    rows: all.slice(0, ROWS_SHOWN).map((cells) => ({ cells })),
  };
}

function flipTable({ flip }: DrillFigures): ReportTable {
  return {
    id: "flip",
    title: "What the flip changed",
    note: "Every path of the synthesized JSON, over all stacks, that differs between the two values of the toggle.",
    columns: ["path"],
    rows: (flip?.changedPaths ?? []).map((path) => ({ cells: [path] })),
  };
}

function loadTable({ reads, writes, replication }: DrillFigures): ReportTable {
  return {
    id: "load",
    title: "Load",
    note: `${amount(reads.total, "read")}, ${grouped(reads.failed)} failed, ${grouped(reads.failedOutsideOutages)} of them while nothing was broken. ${amount(writes.acknowledged, "write")} acknowledged, ${grouped(writes.refused)} refused, ${grouped(writes.unknown)} without an answer. ${amount(replication.runs, "replication run")} copied ${amount(replication.copied, "object")} (${byteSize(replication.bytes)}) and carried ${amount(replication.removed, "deletion")} over. Times to answer are this machine's, not scaled.`,
    columns: ["phase", "good reads", "median", "95 % within"],
    rows: reads.latency.map((phase) => ({
      cells: [
        PHASE_NAMES[phase.phase],
        grouped(phase.reads),
        `${phase.medianMilliseconds} ms`,
        `${phase.p95Milliseconds} ms`,
      ],
    })),
  };
}

function runTable(figures: DrillFigures, log: LogReference): ReportTable {
  const { stores, speed, seed, fence, machineDelayMilliseconds, machineSeconds, startedAt } = figures;
  return {
    id: "run",
    title: "Versions and run",
    columns: ["", ""],
    rows: [
      ["primary", productName(stores.primary)],
      ["secondary", productName(stores.secondary)],
      ["started", startedAt],
      ["duration on this machine", duration(machineSeconds)],
      ["speed", `${speed} (seconds of the real deployment per second of this run)`],
      ["seed", String(seed)],
      ["fence F", `${duration(fence.seconds)}; this run waited ${duration(fence.waitedSeconds)}`],
      ["worst machine delay", `${Math.round(machineDelayMilliseconds)} ms, not scaled`],
      ["raw event log", `${log.path}, ${amount(log.count, "event")}`],
      ["its SHA-256", log.sha256],
    ].map((cells) => ({ cells })),
  };
}
