import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { cpus, tmpdir } from "node:os";
import path from "node:path";
import { parseArgs } from "node:util";
import { measure } from "./measure";
import { toRows, toTable } from "./results";
import { coldStartSubjects, synthesisSubjects } from "./subjects";

const USAGE = `npm run bench -- [--rounds 5] [--json] [--write]

Times commands in turn and compares them within one run: ratios travel between machines, seconds do not.
  --rounds N   runs of each command that count, at least 3
  --json       print one object, and nothing else, to standard output
  --write      also write bench/RESULTS.md`;

const ROOT = path.join(__dirname, "..");
const LEAST_ROUNDS = 3;
const WRONG_USE = 2;

function main(): void {
  const { values } = parseArgs({
    options: {
      rounds: { type: "string", default: "5" },
      json: { type: "boolean", default: false },
      write: { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  });
  const rounds = Number(values.rounds);
  if (values.help) {
    console.log(USAGE);
    return;
  }
  if (!Number.isInteger(rounds) || rounds < LEAST_ROUNDS) {
    console.error(`--rounds is ${values.rounds}; allowed: whole numbers from ${LEAST_ROUNDS}\n\n${USAGE}`);
    process.exitCode = WRONG_USE;
    return;
  }

  const folder = mkdtempSync(path.join(tmpdir(), "storage-failover-bench-"));
  try {
    process.chdir(ROOT);
    const zip = readFileSync(path.join("assets", "replicator.zip"));
    const subjects = [...synthesisSubjects(folder), ...coldStartSubjects(zip, path.join(folder, "function"))];
    const samples = measure(subjects, rounds, (round) =>
      console.error(round === 0 ? "warming up" : `round ${round} of ${rounds}`),
    );
    const rows = toRows(subjects, samples);
    const machine = {
      node: process.version,
      platform: `${process.platform}-${process.arch}`,
      processor: cpus()[0]?.model ?? "unknown",
      cores: cpus().length,
    };
    const about = `Node ${machine.node}, ${machine.platform}, ${machine.cores} × ${machine.processor}, ${rounds} rounds`;
    console.log(
      values.json ? JSON.stringify({ machine, rounds, rows }, null, 2) : `\n${about}\n\n${toTable(rows)}`,
    );
    if (values.write) {
      writeFileSync(
        path.join("bench", "RESULTS.md"),
        `# Timings\n\nMade by \`npm run bench -- --rounds ${rounds} --write\`. Compare ratios, not seconds.\n\n${about}\n\n${toTable(rows)}\n`,
      );
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

main();
