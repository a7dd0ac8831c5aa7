import { EXCEPTION_KINDS } from "../../lambda/replicator/report";
import type { DrillFigures } from "../evidence/figures";
import type { RunHistory } from "../evidence/run-history";
import { flipTable, recoveryTable } from "./flip-tables";
import { momentsOf, phaseName } from "./moments";
import type { LogReference, ReportTable, State } from "./report-shape";
import {
  amount,
  byteSize,
  clockTime,
  duration,
  durationRange,
  grouped,
  inUnit,
  productName,
} from "./wording";

const ROWS_SHOWN = 20;

/** In the order of how much they matter to someone who has read the verdict. */
export function reportTables(
  figures: DrillFigures,
  history: RunHistory,
  log: LogReference,
): readonly ReportTable[] {
  return [
    expectationTable(figures),
    targetTable(figures),
    predictionTable(figures),
    recoveryTable(figures),
    flipTable(figures),
    operatorTable(figures),
    invariantTable(figures),
    momentTable(history),
    exceptionTable(figures),
    lossTable(figures),
    contractTable(history),
    pathTable(figures),
    loadTable(figures),
    runTable(figures, log),
  ].filter(({ rows }) => rows.length > 0);
}

function expectationTable({ expectations }: DrillFigures): ReportTable {
  return {
    id: "expectations",
    title: "What the scenario expects",
    columns: ["", "expected", "found", "verdict"],
    rows: expectations.map(({ id, expected, found, met }) => ({
      cells: [id, expected, found, met ? "as expected" : "otherwise"],
      state: met ? "good" : "bad",
    })),
  };
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

function predictionTable({ outages }: DrillFigures): ReportTable {
  return {
    id: "prediction",
    title: "Predicted against measured",
    note: `Predicted from the plan's own numbers, over the phase of the outage within the monitors' interval. What this machine could not resolve (reader period and its worst delay meanwhile, scaled) is allowed beyond the range. Above five times real speed time-outs are longer than to scale, so that a store which answers nothing is noticed later than predicted.`,
    columns: [
      "outage",
      "best",
      "mean",
      "worst",
      "recovery",
      "noticed after",
      "readers moved after",
      "failed reads",
      "resolved to",
      "verdict",
    ],
    rows: outages.map((outage) => {
      const { predictedSeconds: predicted, withinPrediction } = outage;
      return {
        cells: [
          `${outage.store}: ${outage.fault}${outage.detail === null ? "" : ` (${outage.detail})`}`,
          ...(predicted === null
            ? ["–", "–", "–"]
            : [duration(predicted.best), duration(predicted.mean), duration(predicted.worst)]),
          outage.rtoSeconds === null ? "not at all" : duration(outage.rtoSeconds),
          noticedAfter(outage),
          outage.movedSeconds === null ? "–" : duration(outage.movedSeconds),
          `${grouped(outage.failedReads)} of ${grouped(outage.reads)}`,
          duration(outage.toleranceSeconds),
          withinPrediction === null ? "no prediction" : withinPrediction ? "as predicted" : "outside",
        ],
        state: withinPrediction === null ? "unknown" : withinPrediction ? "good" : "bad",
      };
    }),
  };
}

function noticedAfter({
  detectionSeconds: noticed,
  predictedDetectionSeconds: predicted,
}: DrillFigures["outages"][number]): string {
  const words = noticed === null ? "not noticed" : duration(noticed);
  return predicted === null ? words : `${words} (predicted ${durationRange(predicted)})`;
}

function operatorTable({ operators }: DrillFigures): ReportTable {
  return {
    id: "operators",
    title: "What the operator did",
    note: "Times taken are this machine's, not scaled.",
    columns: ["time", "command", "took", "requests to Cloudflare", "outcome"],
    rows: operators.map(({ atSeconds, command, machineSeconds, requests, exitCode, outcome, reasons }) => ({
      cells: [
        clockTime(atSeconds),
        command,
        duration(machineSeconds),
        grouped(requests),
        `${[outcome ?? "", ...reasons].filter((text) => text !== "").join("; ")} (exit code ${exitCode ?? "none"})`.trim(),
      ],
    })),
  };
}

function invariantTable({ invariants }: DrillFigures): ReportTable {
  const verdictOf = (holds: boolean | undefined, applies: boolean): readonly [string, State] => {
    if (holds !== undefined) return holds ? ["holds", "good"] : ["broken", "bad"];
    return [applies ? "not checked" : "does not apply", "unknown"];
  };
  return {
    id: "invariants",
    title: "Invariants",
    columns: ["", "what must hold", "evidence", "verdict"],
    rows: invariants.map(({ id, text, evidence, violations, holds, applies }) => {
      const [words, state] = verdictOf(holds, applies);
      return {
        cells: [id, text, [evidence, ...violations.map((violation) => `✘ ${violation}.`)].join(" "), words],
        state,
      };
    }),
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

function lossTable({ keys }: DrillFigures): ReportTable {
  const lost = keys.lost ?? [];
  return {
    id: "lost",
    title: "Lost",
    note: "Keys whose last acknowledged value is in no store at the end.",
    columns: ["key"],
    rows: lost.slice(0, ROWS_SHOWN).map((key) => ({ cells: [key], state: "bad" as const })),
  };
}

function pathTable({ flips }: DrillFigures): ReportTable {
  const paths = new Set(flips.flatMap(({ changedPaths }) => changedPaths ?? []));
  return {
    id: "flip",
    title: "What the flip changed",
    note: "Every path of the synthesized JSON, over all stacks, that differs between the two values of the toggle.",
    columns: ["path"],
    rows: [...paths].map((path) => ({ cells: [path] })),
  };
}

function contractTable({ start }: RunHistory): ReportTable {
  const { columns = [], rows = [] } = start.scenario?.contracts ?? {};
  return {
    id: "contracts",
    title: "What depends on what was taken away",
    note: "From dependencies.yaml, and the contracts of your own.",
    columns,
    rows: rows.map((cells) => ({ cells })),
  };
}

function loadTable({ phases, reads, writes, replication, worstLagSeconds }: DrillFigures): ReportTable {
  const lag = worstLagSeconds === null ? "" : ` The greatest lag was ${duration(worstLagSeconds)}.`;
  return {
    id: "load",
    title: "Load, phase by phase",
    note: `${amount(reads.total, "read")}, ${grouped(reads.failed)} failed, ${grouped(reads.failedOutsideOutages)} of them while no store was broken. ${amount(writes.acknowledged, "write")} acknowledged, ${grouped(writes.refused)} refused, ${grouped(writes.unknown)} without an answer. ${amount(replication.runs, "replication run")} copied ${amount(replication.copied, "object")} (${byteSize(replication.bytes)}) and carried ${amount(replication.removed, "deletion")} over.${lag} Times to answer are this machine's, not scaled.`,
    columns: [
      "phase",
      "from",
      "good reads",
      "from primary",
      "from secondary",
      "failed",
      "50 % within",
      "95 %",
      "99 %",
      "failed writes",
    ],
    rows: phases.map((phase) => ({
      cells: [
        phaseName(phase.phase),
        clockTime(phase.atSeconds),
        grouped(phase.reads - phase.failedReads),
        grouped(phase.servedBy.primary),
        grouped(phase.servedBy.secondary),
        grouped(phase.failedReads),
        ...(phase.latency === null
          ? ["–", "–", "–"]
          : [phase.latency.p50, phase.latency.p95, phase.latency.p99].map((time) => `${time} ms`)),
        `${grouped(phase.failedWrites)} of ${grouped(phase.writes)}`,
      ],
    })),
  };
}

function runTable(figures: DrillFigures, log: LogReference): ReportTable {
  const { stores, speed, seed, fence, machineDelayMilliseconds, machineSeconds, startedAt, commit } = figures;
  return {
    id: "run",
    title: "Versions and run",
    columns: ["", ""],
    rows: [
      ...(figures.scenario === null ? [] : [["scenario", figures.scenario.id]]),
      ["primary", productName(stores.primary)],
      ["secondary", productName(stores.secondary)],
      ...Object.entries(figures.versions),
      ...(commit === null ? [] : [["commit", commit]]),
      ["started", startedAt],
      ["duration on this machine", duration(machineSeconds)],
      ["speed", `${speed} (seconds of the real deployment per second of this run)`],
      ["seed", String(seed)],
      ["fence F", `${duration(fence.seconds)}; this run waited ${duration(fence.waitedSeconds)}`],
      ["worst machine delay", `${Math.round(machineDelayMilliseconds)} ms, not scaled`],
      ["raw event log", `${log.path}, ${amount(log.count, "event")}`],
      ["its last line's hash", log.lastHash],
      ["its SHA-256", log.sha256],
    ].map((cells) => ({ cells })),
  };
}
