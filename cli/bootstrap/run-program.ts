import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { basename, relative } from "node:path";
import { promisify } from "node:util";
import { commandLine, type LoggedProgram, type ProgramCommand, runLogged } from "./logged-program";
import { StepFailedError } from "./step-failed-error";
import type { StepId } from "./steps";
import { logFile, type WalkContext } from "./walk-context";

const execute = promisify(execFile);

/** Of a command that failed. */
const SHOWN_LINES = 15;

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
  const said = lastOutput(await readFile(log, "utf8"), commandLine(command));
  throw new StepFailedError(
    `${inShort(command)} ended with status ${code}${said}\n  all of it: ${file}`,
    "unreachable",
  );
}

/** The last lines that a command has printed into a log of several, indented. */
function lastOutput(log: string, command: string): string {
  const printed = log.slice(log.lastIndexOf(command) + command.length).split("\n");
  const lines = printed.filter((line) => line.trim() !== "").slice(-SHOWN_LINES);
  return lines.map((line) => `\n  ${line}`).join("");
}

/** As in `terraform providers mirror`; where it ran is in the log. */
function inShort({ file, words }: ProgramCommand): string {
  const verbs = words.slice(
    1,
    words.findIndex((word, index) => index > 0 && !/^[a-z]+$/.test(word)),
  );
  return [basename(file), ...verbs].join(" ");
}

/**
 * What a command prints, for this process only: it may hold secret values, so that no log and no error keeps it.
 *
 * @throws StepFailedError when it fails; the signal's reason when it was aborted
 */
export async function outputOf({
  command,
  folder,
  environment,
  signal,
}: Pick<LoggedProgram, "command" | "folder" | "environment" | "signal">): Promise<string> {
  try {
    const { stdout } = await execute(command.file, [...command.words], {
      cwd: folder,
      env: { ...environment },
      maxBuffer: MOST_OUTPUT_BYTES,
      signal,
    });
    return stdout;
  } catch {
    signal.throwIfAborted();
    throw new StepFailedError(`${commandLine(command)} failed`, "unreachable");
  }
}
