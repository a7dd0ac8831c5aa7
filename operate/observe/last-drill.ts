import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { field } from "../field";
import type { LastDrill } from "../observation";
import { NotAskedError } from "./ask";

/** Where `storage-failover demo` and `drill` put their reports unless told otherwise. */
export const DRILL_REPORT_FOLDER = "drill-report";

/**
 * The latest report in a folder: its own, or one in a folder below it.
 *
 * @throws NotAskedError when there is none
 */
export async function lastDrill(folder: string = DRILL_REPORT_FOLDER): Promise<LastDrill> {
  const files = [join(folder, "report.json"), ...(await reportsBelow(folder))];
  const reports = (await Promise.all(files.map(readReport))).filter((report) => report !== undefined);
  const [latest] = reports.sort((left, right) => Date.parse(right.startedAt) - Date.parse(left.startedAt));
  if (latest === undefined) throw new NotAskedError(`no report in ${folder}; run: storage-failover drill`);
  return latest;
}

async function reportsBelow(folder: string): Promise<readonly string[]> {
  try {
    const entries = await readdir(folder, { withFileTypes: true });
    return entries
      .filter((entry) => entry.isDirectory())
      .map(({ name }) => join(folder, name, "report.json"));
  } catch {
    return [];
  }
}

/** Undefined for what is no report of a drill. */
async function readReport(report: string): Promise<LastDrill | undefined> {
  const parsed = await parsedFile(report);
  const [startedAt, passed] = [field(parsed, "startedAt"), field(parsed, "passed")];
  if (typeof startedAt !== "string" || Number.isNaN(Date.parse(startedAt))) return undefined;
  if (typeof passed !== "boolean") return undefined;
  const rtoSeconds = seconds(field(field(parsed, "recovery"), "dataPlaneSeconds"));
  const rpoSeconds = seconds(field(field(parsed, "rpo"), "seconds"));
  return {
    startedAt,
    passed,
    report,
    ...(rtoSeconds !== undefined && { rtoSeconds }),
    ...(rpoSeconds !== undefined && { rpoSeconds }),
  };
}

async function parsedFile(file: string): Promise<unknown> {
  try {
    return JSON.parse(await readFile(file, "utf8"));
  } catch {
    return undefined;
  }
}

function seconds(value: unknown): number | undefined {
  return typeof value === "number" && Number.isFinite(value) && value >= 0 ? value : undefined;
}
