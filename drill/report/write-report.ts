import { mkdirSync, writeFileSync } from "node:fs";
import { join, relative, sep } from "node:path";
import { readEventLog } from "../evidence/event-log";
import { computeFigures, type DrillFigures, withRecomputation } from "../evidence/figures";
import { RunHistory } from "../evidence/run-history";
import { reportContents } from "./contents";
import { reportMarkdown } from "./markdown";
import { reportPage } from "./page";
import type { LogReference } from "./report-shape";
import { timelineOf } from "./timeline";
import { timelinePicture } from "./timeline-picture";

export interface ReportRequest {
  /** Where `report.json`, `report.md` and `report.html` go; made if need be. */
  readonly folder: string;
  readonly logPath: string;
  /**
   * The figures that the run itself computed from its events. They decide invariant I12.
   *
   * @default - I12 stays open
   */
  readonly measured?: DrillFigures;
}

export interface WrittenReport {
  readonly figures: DrillFigures;
  readonly files: {
    readonly json: string;
    readonly markdown: string;
    readonly html: string;
    readonly events: string;
  };
}

/** `report.json`: the figures, and the raw log that they come from. */
export interface ReportJson extends DrillFigures {
  readonly events: LogReference;
}

/**
 * Computes the figures from the log on disk and writes the report, three times the same.
 *
 * @throws EventLogError when the log cannot be read whole
 * @throws EvidenceError when it is not a drill's
 */
export function writeReport({ folder, logPath, measured }: ReportRequest): WrittenReport {
  const { history: events, sha256, lastHash } = readEventLog(logPath);
  const recomputed = computeFigures(events);
  const figures = measured === undefined ? recomputed : withRecomputation(recomputed, measured);
  const log: LogReference = {
    path: relative(folder, logPath).split(sep).join("/"),
    sha256,
    lastHash,
    count: events.length,
  };
  const history = new RunHistory(events);
  const contents = reportContents(figures, history, log);
  const json: ReportJson = { ...figures, events: log };
  const files = {
    json: join(folder, "report.json"),
    markdown: join(folder, "report.md"),
    html: join(folder, "report.html"),
    events: logPath,
  };
  mkdirSync(folder, { recursive: true });
  writeFileSync(files.json, `${JSON.stringify(json, undefined, 2)}\n`);
  writeFileSync(files.markdown, reportMarkdown(contents));
  writeFileSync(files.html, reportPage(contents, timelinePicture(timelineOf(history))));
  return { figures, files };
}
