import { execFile } from "node:child_process";
import { relative } from "node:path";
import { promisify } from "node:util";
import { logTail } from "../../drill/local-cloud/log-tail";
import { commandLine, type ProgramCommand, runLogged } from "./logged-program";
import { StepFailedError } from "./step-failed-error";
import type { StepId } from "./steps";
import { logFile, type WalkContext } from "./walk-context";

const execute = promisify(execFile);

/** A large plan, shown. */
const MOST_OUTPUT_BYTES = 256 * 1024 * 1024;

/**
 * Runs one of Terraform's commands to its end, with its output in the step's log.
 *
 * @throws StepFailedError with the end of the output
 */
export async function runTerraform(
  context: WalkContext,
  step: StepId,
  command: ProgramCommand,
  onLine?: (line: string) => void,
  environment: Readonly<Record<string, string>> = {},
): Promise<void> {
  const log = logFile(context, step);
  const code = await runLogged({
    command,
    folder: context.project.folder,
    environment: { ...context.surroundings.environment, TF_IN_AUTOMATION: "1", ...environment },
    logFile: log,
    signal: context.signal,
    onLine,
  });
  if (code === 0) return;
  const file = relative(context.project.folder, log);
  throw new StepFailedError(
    `${commandLine(command)} ended with status ${code}\n${logTail(log)}\n  all of it: ${file}`,
    "unreachable",
  );
}

/** What a command prints, for this process only: it may hold secret values, so that no log keeps it. */
export async function outputOf(context: WalkContext, command: ProgramCommand): Promise<string> {
  try {
    const { stdout } = await execute(command.file, [...command.words], {
      cwd: context.project.folder,
      env: { ...context.surroundings.environment },
      maxBuffer: MOST_OUTPUT_BYTES,
      signal: context.signal,
    });
    return stdout;
  } catch {
    context.signal.throwIfAborted();
    throw new StepFailedError(`${commandLine(command)} failed`, "unreachable");
  }
}
