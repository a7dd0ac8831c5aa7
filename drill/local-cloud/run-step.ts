import type { Command } from "./keeper-messages";
import { keepProcess } from "./kept-process";
import { logTail } from "./log-tail";
import type { StartContext } from "./start-options";

export interface Step {
  readonly command: Command;
  /** Added to the user's own environment. */
  readonly environment?: Readonly<Record<string, string>>;
  readonly folder: string;
  readonly logFile: string;
}

/**
 * Runs a program to its end.
 *
 * @throws Error with the last lines of its output when it fails; the signal's reason when it is aborted
 */
export async function runStep(purpose: string, step: Step, context: StartContext): Promise<void> {
  context.signal.throwIfAborted();
  const { command, folder, logFile } = step;
  const environment = { ...context.environment, ...step.environment };
  const program = await keepProcess({ ...command, folder, environment, logFile });
  const stop = () => void program.kill();
  context.signal.addEventListener("abort", stop, { once: true });
  if (context.signal.aborted) {
    // While the program was being started: a listener is not told of what is past.
    stop();
  }
  const { code, signal } = await program.exited;
  context.signal.removeEventListener("abort", stop);
  context.signal.throwIfAborted();
  if (code !== 0) {
    const end = signal ?? `status ${code}`;
    throw new Error(`${purpose} failed: ${command.file} ended with ${end}\n${logTail(logFile)}`);
  }
}
