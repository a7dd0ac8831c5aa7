import type { BootstrapArguments } from "../commands/bootstrap";
import { explainFailure } from "../explain-failure";
import { InterruptedError } from "../interruptible";
import { stoppable } from "../stoppable";
import { bootstrap } from "./bootstrap";
import { processSurroundings } from "./surroundings";
import { TerminalWalk } from "./terminal-walk";

const STOPPING =
  "stopping; Terraform ends what it has begun (Ctrl-C again: leave at once, and Terraform ends it alone) …";

/** `storage-failover bootstrap`: sets the exit code, never rejects. */
export async function runBootstrap(given: BootstrapArguments, enrollWords: readonly string[]): Promise<void> {
  const progress = new TerminalWalk(given.json ? process.stderr : process.stdout);
  try {
    process.exitCode = await stoppable(
      (signal) => bootstrap({ ...given, enrollWords }, processSurroundings(), progress, signal),
      STOPPING,
      new InterruptedError("interrupted"),
    );
  } catch (error) {
    const { message, exitCode } = explainFailure(error, given.verbose === true);
    process.stderr.write(`${message}\n`);
    process.exitCode = exitCode;
  }
}
