import { execFileSync } from "node:child_process";
import { setTimeout as delay } from "node:timers/promises";

/** Whether the process runs; one that has ended and only waits to be collected by whoever adopted it does not. */
export function isRunning(pid: number): boolean {
  try {
    return !execFileSync("ps", ["-o", "stat=", "-p", String(pid)], { encoding: "utf8" })
      .trim()
      .startsWith("Z");
  } catch {
    return false;
  }
}

/** @throws Error when the process still runs after five seconds; it is killed then */
export async function untilGone(pid: number): Promise<void> {
  for (let attempt = 0; attempt < 100; attempt += 1) {
    if (!isRunning(pid)) return;
    await delay(50);
  }
  process.kill(pid, "SIGKILL");
  throw new Error(`process ${pid} was left behind`);
}

/** Process ids below `root` in the process table. */
export function descendants(root: number): number[] {
  const table = execFileSync("ps", ["-eo", "pid=,ppid="], { encoding: "utf8" });
  const rows = table
    .trim()
    .split("\n")
    .map((row) => row.trim().split(/\s+/).map(Number));
  const below = (parent: number): number[] =>
    rows.flatMap(([pid, ppid]) => (ppid === parent && pid !== undefined ? [pid, ...below(pid)] : []));
  return below(root);
}
