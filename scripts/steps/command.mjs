import { spawn } from "node:child_process";

/** Seconds that children get after Ctrl-C to leave things resumable, before they are killed. */
const GRACE_SECONDS = 15;

/** Characters of output kept for each command; older ones are dropped first. */
const OUTPUT_LIMIT = 400_000;

const SIGNAL_NUMBERS = { SIGHUP: 1, SIGINT: 2, SIGKILL: 9, SIGTERM: 15 };

const windows = process.platform === "win32";
const running = new Set();
let interruptedBy;

/**
 * Runs a command to its end and answers with its exit code and output, both streams in order of arrival.
 *
 * Every child leads a process group of its own: Ctrl-C then reaches it exactly once (npm forwards the
 * signal that the terminal has delivered already), and what the child has started goes with it.
 *
 * @param {string} command
 * @param {readonly string[]} args
 * @param {{ cwd: string, env?: Record<string, string>, inherit?: boolean, onLine?: (line: string) => void }} options
 *   `inherit`: the child writes to this terminal itself, and nothing is captured
 * @returns {Promise<{ code: number, output: string }>} 127 when it could not be started, 128 + n when signal n ended it;
 *   never settles once this process is interrupted, because what was cut short says nothing
 */
export function runCommand(command, args, options) {
  return new Promise((resolve) => {
    if (interruptedBy !== undefined) return;
    let output = "";
    const child = spawn(command, args, {
      cwd: options.cwd,
      env: { ...process.env, ...options.env },
      stdio: options.inherit ? "inherit" : ["ignore", "pipe", "pipe"],
      detached: !windows,
    });
    running.add(child);
    const take = (chunk) => {
      output = (output + chunk).slice(-OUTPUT_LIMIT);
      const line = chunk.trim().split("\n").at(-1);
      if (line) options.onLine?.(line);
    };
    child.stdout?.setEncoding("utf8").on("data", take);
    child.stderr?.setEncoding("utf8").on("data", take);
    child.once("error", (error) => {
      running.delete(child);
      resolve({ code: 127, output: `${output}${command} could not be started: ${error.message}\n` });
    });
    child.once("close", (code, signal) => {
      running.delete(child);
      if (interruptedBy === undefined) resolve({ code: code ?? exitCodeOf(signal), output });
    });
  });
}

/** npm, as it was when it started this script; else the one on the PATH. */
export function npmCommand() {
  const script = process.env.npm_execpath;
  if (script?.endsWith(".js") || script?.endsWith(".cjs"))
    return { command: process.execPath, first: [script] };
  return { command: windows ? "npm.cmd" : "npm", first: [] };
}

/** Ends every child on Ctrl-C, SIGTERM or a closed terminal, then calls `last`, then exits with 128 + signal. */
export function endChildrenWhenInterrupted(last = () => {}) {
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) {
    process.on(signal, () => {
      if (interruptedBy !== undefined) return;
      interruptedBy = signal;
      void endChildren(signal).then(() => {
        last();
        process.exit(exitCodeOf(signal));
      });
    });
  }
}

async function endChildren(signal) {
  const ended = Promise.all(
    [...running].map((child) => new Promise((resolve) => child.once("close", resolve))),
  );
  for (const child of running) send(child, signal);
  const killer = setTimeout(() => {
    for (const child of running) send(child, "SIGKILL");
  }, GRACE_SECONDS * 1000);
  await ended;
  clearTimeout(killer);
}

function send(child, signal) {
  try {
    if (windows) child.kill(signal);
    else process.kill(-child.pid, signal);
  } catch {
    // It has ended meanwhile.
  }
}

function exitCodeOf(signal) {
  return 128 + (SIGNAL_NUMBERS[signal] ?? 0);
}
