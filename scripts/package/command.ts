import { execFile } from "node:child_process";
import { promisify } from "node:util";

const execute = promisify(execFile);

/** Bytes of output; a listing of the package or a compiler's messages are far below. */
const MOST_OUTPUT = 64 * 1024 * 1024;

export interface CommandOptions {
  readonly cwd: string;
  /** Added to this process's own. */
  readonly env?: Readonly<Record<string, string>>;
}

/** A program ended with another code than 0. The message is what it printed. */
export class CommandFailure extends Error {
  public override readonly name = "CommandFailure";

  public constructor(
    command: string,
    public readonly stdout: string,
    stderr: string,
  ) {
    super(`${command}\n${stdout}${stderr}`.trim());
  }
}

/**
 * Runs a program to its end and returns what it printed to standard output.
 *
 * @throws CommandFailure
 */
export async function run(
  program: string,
  args: readonly string[],
  { cwd, env }: CommandOptions,
): Promise<string> {
  try {
    const { stdout } = await execute(program, args, {
      cwd,
      env: { ...process.env, ...env },
      maxBuffer: MOST_OUTPUT,
      // On Windows npm is a script, which only a shell can start.
      shell: process.platform === "win32",
    });
    return stdout;
  } catch (error) {
    if (!isExit(error)) throw error;
    throw new CommandFailure([program, ...args].join(" "), error.stdout, error.stderr);
  }
}

/** A program that could not be started at all has printed nothing. */
function isExit(error: unknown): error is Error & { readonly stdout: string; readonly stderr: string } {
  return error instanceof Error && "stdout" in error && "stderr" in error;
}
