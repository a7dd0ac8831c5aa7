import { mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { errorReason } from "../machine/caught-error";

/** Nothing could be reported: the place for it cannot be used. */
export class ReportFolderError extends Error {
  public override readonly name = "ReportFolderError";
}

/** Names of a report's files beside its log. */
export const REPORT_FILES = { json: "report.json", markdown: "report.md", html: "report.html" } as const;

/**
 * Makes the folder, and takes an earlier report away: should this run be broken off, no verdict of another stands beside
 * its log.
 *
 * @throws ReportFolderError
 */
export function prepareReportFolder(folder: string): void {
  try {
    mkdirSync(folder, { recursive: true });
    for (const file of Object.values(REPORT_FILES)) rmSync(join(folder, file), { force: true });
  } catch (error) {
    throw new ReportFolderError(`no report can be written to ${folder}: ${errorReason(error)}`, {
      cause: error,
    });
  }
}
