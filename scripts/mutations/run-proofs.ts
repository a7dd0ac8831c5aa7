import { spawn } from "node:child_process";
import { existsSync, readFileSync, rmSync } from "node:fs";
import { join, relative } from "node:path";
import { z } from "zod";
import { isDrill, type Proof } from "./mutation";
import { type DrillRun, namePattern, type Runs, type TestRun } from "./trial";

/** After this a program hangs: a guard that is gone may well make one wait for ever. */
const PATIENCE_MILLISECONDS = 10 * 60_000;

/** The part that is read of what `jest --json` writes. */
const jestReport = z.object({
  testResults: z.array(
    z.object({
      name: z.string(),
      message: z.string(),
      assertionResults: z.array(z.object({ fullName: z.string(), status: z.string() })),
    }),
  ),
});

/** Runs tests and scenarios in a copy of the sources, as they are there now. */
export async function runProofs(
  folder: string,
  proofs: readonly Proof[],
  signal: AbortSignal,
): Promise<Runs> {
  const tests = await runTests(folder, proofs, signal);
  const scenarios = [...new Set(proofs.filter(isDrill).map(({ drill }) => drill))];
  // The function that a drill runs is the one that is deployed.
  if (scenarios.length > 0) await run(folder, ["--import", "tsx", "scripts/build-lambda.ts"], signal);
  const drills: DrillRun[] = [];
  for (const scenario of scenarios) {
    const report = join(folder, "drill-report");
    const words = ["--import", "tsx", "cli/main.ts", "drill", scenario, "--report", report, "--json"];
    const code = await run(folder, words, signal);
    rmSync(report, { recursive: true, force: true });
    drills.push({ scenario, passed: code === 0 || code === 1 ? code === 0 : undefined });
  }
  return { tests, drills };
}

async function runTests(folder: string, proofs: readonly Proof[], signal: AbortSignal): Promise<TestRun> {
  const wanted = proofs.flatMap((proof) => (isDrill(proof) ? [] : [proof]));
  if (wanted.length === 0) return { tests: [], unloadable: [] };
  const report = join(folder, "jest-report.json");
  rmSync(report, { force: true });
  const jest = [
    join(folder, "node_modules", "jest", "bin", "jest.js"),
    ...["--selectProjects", "unit", "--runInBand", "--json", "--outputFile", report],
    ...["-t", namePattern(wanted)],
    ...["--runTestsByPath", ...new Set(wanted.map(({ test }) => join(folder, test)))],
  ];
  await run(folder, jest, signal);
  if (!existsSync(report)) return { tests: [], unloadable: wanted.map(({ test }) => `${test}: no answer`) };
  const { testResults } = jestReport.parse(JSON.parse(readFileSync(report, "utf8")));
  const files = testResults.map((result) => ({ ...result, file: relative(folder, result.name) }));
  return {
    tests: files.flatMap(({ file, assertionResults }) =>
      assertionResults
        .filter(({ status }) => status === "passed" || status === "failed")
        .map(({ fullName, status }) => ({ file, name: fullName, passed: status === "passed" })),
    ),
    unloadable: files
      .filter(({ assertionResults }) => assertionResults.length === 0)
      .map(({ file, message }) => `${file}: ${message.slice(0, 300)}`),
  };
}

/** Ends with the program's children, whatever became of it. @returns its exit code; null when it hung */
function run(folder: string, args: readonly string[], signal: AbortSignal): Promise<number | null> {
  signal.throwIfAborted();
  return new Promise((resolve, reject) => {
    // A group of its own, which can be ended as a whole.
    const child = spawn(process.execPath, args, { cwd: folder, detached: true, stdio: "ignore" });
    const end = () => {
      try {
        if (child.pid !== undefined) process.kill(-child.pid, "SIGKILL");
      } catch {
        // All gone.
      }
    };
    const impatience = setTimeout(end, PATIENCE_MILLISECONDS);
    signal.addEventListener("abort", end);
    child.on("error", reject);
    child.on("close", (code) => {
      clearTimeout(impatience);
      signal.removeEventListener("abort", end);
      end();
      if (signal.aborted) reject(signal.reason);
      else resolve(code);
    });
  });
}
