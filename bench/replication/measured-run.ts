import { spawn } from "node:child_process";
import { readFile, rm } from "node:fs/promises";
import type { Command } from "./contenders";

/** What one run of a program cost. */
export interface Cost {
  readonly userSeconds: number;
  readonly systemSeconds: number;
  readonly wallSeconds: number;
  readonly peakBytes: number;
}

export interface Meter {
  /** The bench's server, which can measure too: Node does not tell what a child has used. */
  readonly program: string;
  /** Words before the command that keep it on one core. */
  readonly pinned: readonly string[];
  readonly reportFile: string;
  readonly signal: AbortSignal;
}

const OUTPUT_SHOWN = 2_000;

/** @throws Error with the end of its output when the command fails; the signal's reason when it is aborted */
export async function runMeasured(name: string, command: Command, meter: Meter): Promise<Cost> {
  const { program, pinned, reportFile, signal } = meter;
  signal.throwIfAborted();
  const words = [...pinned, program, "measure", "--report", reportFile, "--", command.file, ...command.args];
  const [file = "", ...args] = words;
  // Nothing of the user's settings may reach what is measured.
  const env = { PATH: process.env.PATH, HOME: process.env.HOME, ...command.environment };
  // When standard input closes, the meter ends what it measures.
  const child = spawn(file, args, { env, stdio: ["pipe", "pipe", "pipe"] });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (text: string) => {
      output = (output + text).slice(-OUTPUT_SHOWN);
    });
  }
  const stop = () => child.stdin.end();
  signal.addEventListener("abort", stop, { once: true });
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", resolve);
  });
  signal.removeEventListener("abort", stop);
  signal.throwIfAborted();
  if (code !== 0) throw new Error(`measuring ${name} ended with ${code}:\n${output}`);
  const report = JSON.parse(await readFile(reportFile, "utf8")) as Cost & { exitCode: number };
  await rm(reportFile);
  if (report.exitCode !== 0)
    throw new Error(`${name} ended with ${report.exitCode}; its output ends so:\n${output}`);
  const { userSeconds, systemSeconds, wallSeconds, peakBytes } = report;
  return { userSeconds, systemSeconds, wallSeconds, peakBytes };
}
