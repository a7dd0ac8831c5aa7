import { explainFailure } from "./explain-failure";
import { stoppable } from "./stoppable";

export interface CommandRun {
  /** What the command comes to: its exit code. Ended early by the signal, it cleans up and rejects, or says so itself. */
  readonly task: (signal: AbortSignal) => Promise<number>;
  /** Printed to standard error at the first Ctrl-C. @default - nothing has to be ended: Ctrl-C ends the process at once */
  readonly stopping?: string;
  /** Reason of the abort. @default - an AbortError */
  readonly interruption?: Error;
  /** Whether errors are shown with their stack. */
  readonly verbose: boolean | undefined;
  /** Called before an error is printed, to end the line of what failed. */
  readonly onFailure?: () => void;
}

/** Runs a command to its exit code, which becomes the process's. Never rejects: an error is told on standard error. */
export async function runCommand({
  task,
  stopping,
  interruption,
  verbose,
  onFailure,
}: CommandRun): Promise<void> {
  try {
    process.exitCode =
      stopping === undefined
        ? await task(new AbortController().signal)
        : await stoppable(task, stopping, interruption);
  } catch (error) {
    onFailure?.();
    const { message, exitCode } = explainFailure(error, verbose === true);
    process.stderr.write(`${message}\n`);
    process.exitCode = exitCode;
  }
}
