import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

/** A command whose time and memory are of interest. */
export interface Subject {
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  /** Name of the subject that it is compared with. */
  readonly comparedWith?: string;
}

export interface Sample {
  readonly seconds: number;
  /** Peak of the largest Node process of the command, in MiB. */
  readonly peakMiB: number;
}

/** Characters of a failed command's output that are shown. */
const OUTPUT_SHOWN = 2_000;

const MEMORY_PROBE = path.join(__dirname, "peak-memory.cjs");

/**
 * Runs all subjects in turn, `rounds` times, so that whatever slows the machine slows all of them. The first
 * round warms caches and does not count.
 *
 * @throws Error with the command's output when one fails
 */
export function measure(
  subjects: readonly Subject[],
  rounds: number,
  onRound: (round: number) => void,
): ReadonlyMap<string, readonly Sample[]> {
  const samples = new Map<string, Sample[]>(subjects.map(({ name }) => [name, []]));
  for (let round = 0; round <= rounds; round += 1) {
    onRound(round);
    for (const subject of subjects) {
      const sample = runOnce(subject);
      if (round > 0) samples.get(subject.name)?.push(sample);
    }
  }
  return samples;
}

function runOnce({ name, command, args, environment }: Subject): Sample {
  const folder = mkdtempSync(path.join(tmpdir(), "storage-failover-bench-"));
  const memoryFile = path.join(folder, "peak-memory");
  try {
    const started = process.hrtime.bigint();
    const { status, stdout, stderr, error } = spawnSync(command, [...args], {
      env: {
        ...process.env,
        CDKTF_OUTDIR: path.join(folder, "cdktf.out"),
        ...environment,
        NODE_OPTIONS: `--require ${JSON.stringify(MEMORY_PROBE)}`,
        BENCH_PEAK_MEMORY_FILE: memoryFile,
      },
      encoding: "utf8",
    });
    const seconds = Number(process.hrtime.bigint() - started) / 1e9;
    if (error !== undefined || status !== 0) {
      const output = `${stdout}${stderr}`.slice(-OUTPUT_SHOWN);
      throw new Error(`${name} ended with ${status ?? error?.message}; its output ends so:\n${output}`);
    }
    return { seconds, peakMiB: largest(memoryFile) / 1024 };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function largest(memoryFile: string): number {
  if (!existsSync(memoryFile)) return Number.NaN;
  return Math.max(...readFileSync(memoryFile, "utf8").trim().split("\n").map(Number));
}
