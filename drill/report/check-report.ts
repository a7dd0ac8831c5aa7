import { readFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { EventLogError, readEventLog } from "../evidence/event-log";
import { computeFigures, type DrillFigures, differingFigures } from "../evidence/figures";
import { reportSchema } from "./report-schema";

export interface ReportCheck {
  /** Whether the report says what its raw log says, and the log is the one that it names. */
  readonly equal: boolean;
  /** What is not so, one sentence each. */
  readonly problems: readonly string[];
  /** As recomputed from the log; absent when the log is no evidence. */
  readonly figures?: DrillFigures;
}

/** It is no report of a drill: nothing can be compared. */
export class ReportError extends Error {
  public override readonly name = "ReportError";
}

/**
 * Recomputes a written report from its raw log and compares them field by field.
 *
 * @throws ReportError when `report.json` is missing, or not as its schema says
 * @throws EvidenceError when the log is not a drill's
 */
export function checkReport(folder: string): ReportCheck {
  const report = readReport(join(folder, "report.json"));
  const { $schema: _place, events, ...reported } = report;
  try {
    const log = readEventLog(join(folder, events.path));
    const figures = computeFigures(log.history);
    const problems = [
      ...(log.lastHash === events.lastHash && log.events === events.count && log.sha256 === events.sha256
        ? []
        : [`${events.path} is not the log that the report was made from`]),
      ...differingFigures(figures, reported).map((name) => `"${name}" is not what the log says`),
      ...(reported.passed && !figures.passed ? ["the report says passed, the log does not"] : []),
    ];
    return { equal: problems.length === 0, problems, figures };
  } catch (error) {
    if (error instanceof EventLogError) return { equal: false, problems: [error.message] };
    throw error;
  }
}

function readReport(path: string) {
  let value: unknown;
  try {
    value = JSON.parse(readFileSync(path, "utf8"));
  } catch (cause) {
    throw new ReportError(
      `${path} cannot be read as JSON: ${cause instanceof Error ? cause.message : "unknown"}`,
      {
        cause,
      },
    );
  }
  const { success, data, error } = reportSchema.safeParse(value);
  if (success) return data;
  throw new ReportError(`${path} is no report of a drill: ${z.prettifyError(error)}`);
}
