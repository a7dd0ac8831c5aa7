import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, open } from "node:fs/promises";
import { dirname } from "node:path";
import { errorReason } from "../../drill/machine/caught-error";
import { StepFailedError } from "./step-failed-error";

type Environment = Readonly<Record<string, string | undefined>>;

export interface ProgramCommand {
  readonly file: string;
  readonly words: readonly string[];
  /** Whether `file` is a line for the shell. @default false */
  readonly shell?: boolean;
}

export interface LoggedProgram {
  readonly command: ProgramCommand;
  readonly folder: string;
  /** All of it: nothing is added. */
  readonly environment: Environment;
  /** Appended to; readable by its owner only. */
  readonly logFile: string;
  readonly signal: AbortSignal;
  /** Told the newest line of output, a few times a second. */
  readonly onLine?: (line: string) => void;
}

const LOOKED_AT_EVERY_MILLISECONDS = 250;
const TAIL_BYTES = 2_000;

/**
 * Runs a program to its end, with its output in a file. Not through a pipe, and not in the terminal's group of
 * processes: Terraform must be able to write its state even when this process is killed, and it takes a second
 * Ctrl-C as the order to drop everything, so that it gets exactly one from here.
 *
 * @returns the exit status; -1 when a signal ended it
 * @throws StepFailedError when it cannot be started; the signal's reason when it was aborted
 */
export async function runLogged(program: LoggedProgram): Promise<number> {
  const { command, folder, environment, logFile, signal, onLine } = program;
  signal.throwIfAborted();
  await mkdir(dirname(logFile), { recursive: true });
  const log = await open(logFile, "a+", 0o600);
  try {
    await log.write(`$ ${commandLine(command)}\n`);
    const child = spawn(command.file, command.words, {
      cwd: folder,
      env: { ...environment },
      shell: command.shell ?? false,
      detached: true,
      stdio: ["ignore", log.fd, log.fd],
    });
    // The group, since a shell does not hand a signal on.
    const stop = () => void (child.pid && process.kill(-child.pid, "SIGINT"));
    signal.addEventListener("abort", stop, { once: true });
    // While the log was being opened: a listener is not told of what is past.
    if (signal.aborted) stop();
    const watch =
      onLine &&
      setInterval(() => {
        // Only shown: what cannot be read now is read the next time.
        void lastLine(logFile).then(
          (line) => line !== undefined && onLine(line),
          () => undefined,
        );
      }, LOOKED_AT_EVERY_MILLISECONDS);
    try {
      const [code] = (await once(child, "exit")) as [number | null];
      signal.throwIfAborted();
      return code ?? -1;
    } catch (error) {
      signal.throwIfAborted();
      throw new StepFailedError(`${command.file} could not be started: ${errorReason(error)}`, "wanting");
    } finally {
      clearInterval(watch);
      signal.removeEventListener("abort", stop);
    }
  } finally {
    await log.close();
  }
}

/** As a person would type it. */
export function commandLine({ file, words }: ProgramCommand): string {
  return [file, ...words.map((word) => (/^[\w@%+=:,./-]+$/.test(word) ? word : quoted(word)))].join(" ");
}

function quoted(word: string): string {
  return `'${word.replaceAll("'", "'\\''")}'`;
}

async function lastLine(logFile: string): Promise<string | undefined> {
  const file = await open(logFile, "r");
  try {
    const { size } = await file.stat();
    const buffer = Buffer.alloc(Math.min(size, TAIL_BYTES));
    await file.read(buffer, 0, buffer.length, size - buffer.length);
    return buffer
      .toString("utf8")
      .split("\n")
      .map((line) => line.trim())
      .findLast((line) => line !== "");
  } finally {
    await file.close();
  }
}
