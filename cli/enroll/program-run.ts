import { spawn } from "node:child_process";
import { text } from "node:stream/consumers";
import { errorCode } from "../../drill/machine/caught-error";
import { SshUnreachableError } from "./ssh-errors";

export interface ProgramRun {
  readonly code: number | null;
  readonly out: string;
  readonly error: string;
}

export interface ProgramRequest {
  readonly file: "ssh" | "ssh-keyscan";
  readonly words: readonly string[];
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** @default - nothing */
  readonly input?: string;
  /** Seconds after which it is killed: a server may accept a connection and never answer. */
  readonly patienceSeconds: number;
}

/**
 * Runs one of OpenSSH's programs to its end. It has a session of its own: Ctrl-C is for the command that waits, which
 * finishes its step, and no prompt can reach the terminal.
 *
 * @throws SshUnreachableError when the program is not installed, or takes too long
 */
export async function runProgram(request: ProgramRequest): Promise<ProgramRun> {
  const { file, words, environment, input = "", patienceSeconds } = request;
  const child = spawn(file, words, {
    detached: true,
    env: environment,
    stdio: ["pipe", "pipe", "pipe"],
  });
  // The program may end before it has read everything.
  child.stdin.on("error", () => undefined);
  child.stdin.end(input);
  let late = false;
  const timer = setTimeout(() => {
    late = true;
    child.kill("SIGKILL");
  }, patienceSeconds * 1000);
  try {
    const exit = new Promise<number | null>((resolve, reject) => {
      child.once("error", reject);
      child.once("close", resolve);
    });
    const [code, out, error] = await Promise.all([exit, text(child.stdout), text(child.stderr)]);
    if (late) throw new SshUnreachableError(`${file} did not end within ${patienceSeconds} s`);
    return { code, out, error };
  } catch (error) {
    if (errorCode(error) !== "ENOENT") throw error;
    throw new SshUnreachableError(
      `${file} is not installed on this machine; install the OpenSSH client (Debian: apt-get install openssh-client)`,
    );
  } finally {
    clearTimeout(timer);
  }
}
