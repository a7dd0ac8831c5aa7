import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { npmCommand, runCommand } from "./command.mjs";

/**
 * A check that passes or fails as a whole: one script of package.json.
 *
 * @param {string} root
 * @param {string} script
 * @param {{ figure: (output: string) => string | undefined, args?: readonly string[] }} reading what to show when it
 *   passed, and what to give to the script
 */
export async function runCheck(root, script, reading, onLine) {
  const { code, output } = await npmRun(root, script, reading.args ?? [], onLine);
  const reason = output.match(SKIPPED)?.[1];
  if (code === 0 && reason !== undefined) {
    return { ...ONE.skipped, figure: reason, skippedTitles: [`npm run ${script}: ${reason}`], output };
  }
  if (code === 0) return { ...ONE.passed, figure: reading.figure(output) ?? "nothing found", output };
  return { ...ONE.failed, figure: `npm run ${script} ended with ${code}`, output };
}

/** What a step adds to the last line when it counts as one. */
export const ONE = {
  passed: { outcome: "passed", passed: 1, failed: 0, skipped: 0 },
  failed: { outcome: "failed", passed: 0, failed: 1, skipped: 0 },
  skipped: { outcome: "skipped", passed: 0, failed: 0, skipped: 1 },
};

/** How a check says that this machine lacks what it needs. */
const SKIPPED = /^ – skipped: (.+)/m;

/**
 * A suite of tests, each of which counts.
 *
 * @param {string} root
 * @param {string} script runs jest
 * @param {readonly string[]} args passed on to jest
 */
export async function runSuite(root, script, args, onLine) {
  const folder = mkdtempSync(join(tmpdir(), "storage-failover-tests-"));
  const file = join(folder, "results.json");
  try {
    const { code, output } = await npmRun(
      root,
      script,
      ["--ci", "--json", `--outputFile=${file}`, ...args],
      onLine,
    );
    if (!existsSync(file)) return { ...ONE.failed, figure: `jest ended with ${code} and no results`, output };
    return { ...summarize(JSON.parse(readFileSync(file, "utf8")), code), output };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Jest's JSON results in the terms of a step. */
function summarize(results, code) {
  const passed = results.numPassedTests;
  // A file that cannot be loaded has no tests to fail; an exit code without a failed test has its reason in the output.
  const failed = Math.max(results.numFailedTests + results.numRuntimeErrorTestSuites, code === 0 ? 0 : 1);
  const skipped = results.numPendingTests + results.numTodoTests;
  const parts = [`${passed} passed`];
  if (failed > 0) parts.push(`${failed} failed`);
  if (skipped > 0) parts.push(`${skipped} skipped`);
  return {
    outcome: failed > 0 ? "failed" : passed === 0 ? "skipped" : "passed",
    passed,
    failed,
    skipped,
    tests: results.numTotalTests,
    figure:
      results.numTotalTests === 0
        ? "no test matches"
        : `${parts.join(", ")} in ${results.numTotalTestSuites} ${results.numTotalTestSuites === 1 ? "file" : "files"}`,
    skippedTitles: skippedTitles(results),
  };
}

/** The groups that were skipped, whose titles say why; or the tests' own names where there is no group. */
function skippedTitles(results) {
  const titles = results.testResults
    .flatMap((file) => file.assertionResults)
    .filter((test) => test.status === "pending" || test.status === "todo")
    .map((test) => (test.ancestorTitles[0] ?? test.fullName).replace(/\s*\n\s*/g, "; "));
  return [...new Set(titles)];
}

function npmRun(root, script, args, onLine) {
  const npm = npmCommand();
  const after = args.length > 0 ? ["--", ...args] : [];
  return runCommand(npm.command, [...npm.first, "run", "--silent", script, ...after], { cwd: root, onLine });
}
