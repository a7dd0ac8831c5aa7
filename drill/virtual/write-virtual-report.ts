import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { virtualPage } from "./virtual-page";
import type { VirtualReport } from "./virtual-report";

/** Writes `virtual.json` and `virtual.html`. @returns their paths */
export function writeVirtualReport(
  folder: string,
  report: VirtualReport,
): { readonly json: string; readonly html: string } {
  const files = { json: join(folder, "virtual.json"), html: join(folder, "virtual.html") };
  mkdirSync(folder, { recursive: true });
  writeFileSync(files.json, `${JSON.stringify(report, null, 2)}\n`);
  writeFileSync(files.html, virtualPage(report));
  return files;
}
