import type { BootstrapArguments } from "../commands/bootstrap";
import { InterruptedError } from "../interruptible";
import { runCommand } from "../run-command";
import { bootstrap } from "./bootstrap";
import { processSurroundings } from "./surroundings";
import { TerminalWalk } from "./terminal-walk";

const STOPPING =
  "stopping; Terraform ends what it has begun (Ctrl-C again: leave at once, and Terraform ends it alone) …";

/** `storage-failover bootstrap`: sets the exit code, never rejects. */
export function runBootstrap(given: BootstrapArguments, enrollWords: readonly string[]): Promise<void> {
  const progress = new TerminalWalk(given.json ? process.stderr : process.stdout);
  return runCommand({
    task: (signal) => bootstrap({ ...given, enrollWords }, processSurroundings(), progress, signal),
    stopping: STOPPING,
    interruption: new InterruptedError("interrupted"),
    verbose: given.verbose,
  });
}
