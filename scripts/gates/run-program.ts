import { spawn } from "node:child_process";
import { text } from "node:stream/consumers";

export interface ProgramOptions {
  /** @default - no input */
  readonly input?: string;
  /** @default - this process's folder */
  readonly folder?: string;
  /** @default - this process's environment */
  readonly environment?: NodeJS.ProcessEnv;
  /**
   * Exit codes that are an answer, not a failure.
   *
   * @default [0]
   */
  readonly expectedCodes?: readonly number[];
}

/**
 * Runs a program to its end and gives what it printed.
 *
 * @throws Error with its output when it ends with another code
 */
export async function runProgram(
  file: string,
  args: readonly string[],
  { input = "", folder, environment, expectedCodes = [0] }: ProgramOptions = {},
): Promise<string> {
  const program = spawn(file, args, { cwd: folder, env: environment, stdio: ["pipe", "pipe", "pipe"] });
  const ended = new Promise<number | null>((resolve, reject) => {
    program.on("error", reject);
    program.on("close", resolve);
  });
  // A program that ends without reading its input closes the pipe; its exit code says why.
  program.stdin.on("error", () => undefined);
  program.stdin.end(input);
  const [output, complaints, code] = await Promise.all([text(program.stdout), text(program.stderr), ended]);
  if (code === null || !expectedCodes.includes(code)) {
    throw new Error(`${file} ${args[0] ?? ""} ended with ${code}\n${output}${complaints}`);
  }
  return output;
}
