import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { thisMachine } from "./machine";
import { type BenchOptions, readOptions, USAGE, WrongUseError } from "./options";
import { MissingProgramError } from "./replication/programs";
import { runReplication } from "./replication/run-replication";
import { type Results, resultsPage, rowsOf, writeResults } from "./results-files";
import { runSynthesis } from "./synthesis/run-synthesis";

const ROOT = path.join(__dirname, "..");
const EXIT = { failed: 1, wrongUse: 2, missing: 3, interrupted: 130 } as const;

async function main(): Promise<void> {
  const options = readOptions(process.argv.slice(2));
  if (options.help) {
    console.log(USAGE);
    return;
  }
  const interrupted = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    process.on(signal, () => interrupted.abort());
  }
  const folder = mkdtempSync(path.join(tmpdir(), "storage-failover-bench-"));
  try {
    process.chdir(ROOT);
    const results = await measureParts(options, folder, interrupted.signal);
    console.log(options.json ? JSON.stringify(withRows(results), null, 2) : `\n${resultsPage(results)}`);
    if (options.write) {
      writeResults(path.join(ROOT, "bench"), results);
      console.error("   written: bench/RESULTS.md, bench/results/, bench/replication.svg");
    }
  } catch (error) {
    // What the bench has started may get the signal too, and fail in its own way.
    throw interrupted.signal.aborted ? new InterruptedError("interrupted", { cause: error }) : error;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function measureParts(options: BenchOptions, folder: string, signal: AbortSignal): Promise<Results> {
  const machine = thisMachine(ROOT);
  const { parts, rounds } = options;
  return {
    ...(parts.includes("synthesis") && {
      synthesis: { machine, rounds, rows: await runSynthesis(ROOT, folder, rounds, signal) },
    }),
    ...(parts.includes("replication") && {
      replication: { machine, ...(await runReplication({ ...options, folder, signal })) },
    }),
  };
}

function withRows({ synthesis, replication }: Results) {
  return { synthesis, ...(replication && { replication: { ...replication, rows: rowsOf(replication) } }) };
}

class InterruptedError extends Error {
  public override readonly name = "InterruptedError";
}

main().catch((error: unknown) => {
  if (error instanceof InterruptedError) {
    console.error(" ✘ interrupted; nothing is left running, nothing was written");
    process.exitCode = EXIT.interrupted;
  } else if (error instanceof WrongUseError) {
    console.error(`${error.message}\n\n${USAGE}`);
    process.exitCode = EXIT.wrongUse;
  } else if (error instanceof MissingProgramError) {
    console.error(` ✘ ${error.message}`);
    process.exitCode = EXIT.missing;
  } else {
    console.error(` ✘ ${error instanceof Error ? error.message : String(error)}`);
    process.exitCode = EXIT.failed;
  }
});
