import { checkReport } from "./check-report";

/**
 * `node --import tsx drill/report/check-report-process.ts <folder>…`: recomputes each report from its raw log. Prints one line
 * of JSON for each. Exit code 1 when one does not say what its log says.
 */
const folders = process.argv.slice(2);
if (folders.length === 0) {
  process.stderr.write("give the folders of one or more reports, as in: drill-report\n");
  process.exitCode = 2;
}
for (const folder of folders) {
  const { equal, problems, figures } = checkReport(folder);
  process.stdout.write(`${JSON.stringify({ folder, equal, problems, passed: figures?.passed ?? null })}\n`);
  if (!equal) process.exitCode = 1;
}
