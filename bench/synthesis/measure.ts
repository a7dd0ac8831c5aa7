import { spawn } from "node:child_process";
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

const MEMORY_PROBE = require.resolve("./peak-memory.cjs");

/**
 * Runs all subjects in turn, `rounds` times, so that whatever slows the machine slows all of them. The first
 * round warms caches and does not count.
 *
 * @throws Error with the command's output when one fails; the signal's reason when it is aborted
 */
export async function measure(
  subjects: readonly Subject[],
  rounds: number,
  signal: AbortSignal,
  onRound: (round: number) => void,
): Promise<ReadonlyMap<string, readonly Sample[]>> {
  const samples = new Map<string, Sample[]>(subjects.map(({ name }) => [name, []]));
  for (let round = 0; round <= rounds; round += 1) {
    onRound(round);
    for (const subject of subjects) {
      const sample = await runOnce(subject, signal);
      if (round > 0) samples.get(subject.name)?.push(sample);
    }
  }
  return samples;
}

async function runOnce({ name, command, args, environment }: Subject, signal: AbortSignal): Promise<Sample> {
  const folder = mkdtempSync(path.join(tmpdir(), "storage-failover-bench-"));
  const memoryFile = path.join(folder, "peak-memory");
  const env = {
    ...process.env,
    CDKTF_OUTDIR: path.join(folder, "cdktf.out"),
    ...environment,
    NODE_OPTIONS: `--require ${JSON.stringify(MEMORY_PROBE)}`,
    BENCH_PEAK_MEMORY_FILE: memoryFile,
  };
  try {
    const started = performance.now();
    const { end, output } = await runToEnd(command, args, env, signal);
    const seconds = (performance.now() - started) / 1000;
    if (end !== 0) throw new Error(`${name} ended with ${end}; its output ends so:\n${output}`);
    return { seconds, peakMiB: largest(memoryFile) / 1024 };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Exit code, or why there is none, and the end of the output. */
async function runToEnd(
  command: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv,
  signal: AbortSignal,
): Promise<{ end: number | string; output: string }> {
  signal.throwIfAborted();
  // A process group of its own: npx has children, and all must end.
  const child = spawn(command, [...args], { env, stdio: ["ignore", "pipe", "pipe"], detached: true });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (text: string) => {
      output = (output + text).slice(-OUTPUT_SHOWN);
    });
  }
  const stop = () => {
    if (child.pid !== undefined) process.kill(-child.pid, "SIGKILL");
  };
  signal.addEventListener("abort", stop, { once: true });
  const end = await new Promise<number | string>((resolve) => {
    child.once("error", (error) => resolve(error.message));
    child.once("close", (code, killedBy) => resolve(code ?? killedBy ?? "no exit code"));
  });
  signal.removeEventListener("abort", stop);
  signal.throwIfAborted();
  return { end, output };
}

function largest(memoryFile: string): number {
  if (!existsSync(memoryFile)) return Number.NaN;
  return Math.max(...readFileSync(memoryFile, "utf8").trim().split("\n").map(Number));
}
