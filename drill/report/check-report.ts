import { readFileSync } from "node:fs";
import { join } from "node:path";
import { readEventLog } from "../evidence/event-log";
import { computeFigures, type DrillFigures, differingFigures } from "../evidence/figures";

export interface ReportCheck {
  /** Whether the report says what its raw log says, and the log is the one that it names. */
  readonly equal: boolean;
  /** What is not so, one sentence each. */
  readonly problems: readonly string[];
  /** As recomputed from the log. */
  readonly figures: DrillFigures;
}

/**
 * Recomputes a written report from its raw log and compares them field by field.
 *
 * @throws EventLogError, EvidenceError when the log is no evidence
 * @throws Error when `report.json` is missing or names no log
 */
export function checkReport(folder: string): ReportCheck {
  const path = join(folder, "report.json");
  const report: unknown = JSON.parse(readFileSync(path, "utf8"));
  if (!hasLog(report))
    throw new Error(`${path} names no raw event log; expected events.path and events.sha256`);
  const log = readEventLog(join(folder, report.events.path));
  const figures = computeFigures(log.history);
  const { events, ...reported } = report;
  const problems = [
    ...(log.sha256 === events.sha256 ? [] : [`${events.path} is not the log that the report was made from`]),
    ...differingFigures(figures, reported).map((name) => `"${name}" is not what the log says`),
    ...(reported.passed && !figures.passed ? ["the report says passed, the log does not"] : []),
  ];
  return { equal: problems.length === 0, problems, figures };
}

type Reported = DrillFigures & { readonly events: { readonly path: string; readonly sha256: string } };

/** Only what is needed to find the log; the figures are then compared with recomputed ones, whatever they are. */
function hasLog(value: unknown): value is Reported {
  if (typeof value !== "object" || value === null || !("events" in value) || !("invariants" in value))
    return false;
  const { events, invariants } = value;
  return (
    Array.isArray(invariants) &&
    typeof events === "object" &&
    events !== null &&
    "path" in events &&
    typeof events.path === "string" &&
    "sha256" in events &&
    typeof events.sha256 === "string"
  );
}
