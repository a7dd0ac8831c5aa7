import { spawn, spawnSync } from "node:child_process";
import { openSync } from "node:fs";
import type { KeeperMessage, KeepRequest } from "./keeper-messages";

/**
 * Runs one foreign program and ends it when the starter dies, however it dies: a server cannot be taught to
 * watch its parent, and a process that got SIGKILL cannot clean up after itself.
 */

let pid: number | undefined;
let kept: KeepRequest | undefined;

function tell(message: KeeperMessage): void {
  if (process.connected) {
    process.send?.(message);
  }
}

/** The program leads a process group: its own children end with it. */
function killGroup(): void {
  if (pid !== undefined) {
    try {
      process.kill(-pid, "SIGKILL");
    } catch {
      // The group is gone already.
    }
  }
}

function endOrphan(): void {
  killGroup();
  if (kept?.whenOrphaned !== undefined) {
    const { file, arguments: words } = kept.whenOrphaned;
    spawnSync(file, words, { env: kept.environment, stdio: "ignore", timeout: 30_000 });
  }
  process.exit();
}

process.once("message", (request: KeepRequest) => {
  kept = request;
  const log = openSync(request.logFile, "a");
  const program = spawn(request.file, request.arguments, {
    cwd: request.folder,
    env: request.environment,
    // A group of its own: Ctrl-C in the terminal must not end it before the starter says so.
    detached: true,
    stdio: ["ignore", log, log],
  });
  pid = program.pid;
  program.once("spawn", () => tell({ type: "started", pid: program.pid ?? 0 }));
  program.once("error", (error) => tell({ type: "failed", reason: error.message }));
  program.once("exit", (code, signal) => {
    killGroup();
    tell({ type: "exited", code, signal });
  });
});

process.on("SIGINT", () => undefined);
process.on("SIGTERM", endOrphan);
process.on("disconnect", endOrphan);
