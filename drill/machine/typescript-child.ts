import { type ChildProcess, fork } from "node:child_process";
import path from "node:path";
import { pathToFileURL } from "node:url";

const PACKAGE_ROOT = path.resolve(__dirname, "..", "..");

/** Node and its own flags; what it runs comes behind them. */
export interface NodeCommand {
  readonly file: string;
  readonly arguments: readonly string[];
}

/**
 * Starts a TypeScript file of this package in a Node process of its own, with an IPC channel. The file
 * must end itself on `disconnect`: the channel closes whenever this process ends, even by SIGKILL.
 *
 * @param within - the command that runs Node in other surroundings, as in a namespace; it must replace itself by Node
 */
export function forkTypeScript(
  file: string,
  within: (command: NodeCommand) => NodeCommand = (command) => command,
): ChildProcess {
  const loader = pathToFileURL(require.resolve("tsx")).href;
  // Not this process's own flags: an inspector port or a test runner's hook would be taken twice.
  const node = within({ file: process.execPath, arguments: ["--import", loader] });
  const child = fork(file, [], {
    cwd: PACKAGE_ROOT,
    execPath: node.file,
    execArgv: [...node.arguments],
    stdio: ["ignore", "inherit", "inherit", "ipc"],
  });
  // A message to a child that has just died; callers wait for its end anyway.
  child.on("error", () => undefined);
  return child;
}

/** Resolves when the process has ended; at once when it has ended before. */
export function whenExited(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) {
    return Promise.resolve();
  }
  return new Promise((resolve) => child.once("exit", () => resolve()));
}

/**
 * The child's first message.
 *
 * @throws Error when the child ends without one
 */
export function firstMessage(child: ChildProcess, name: string): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const onMessage = (message: unknown) => {
      child.off("exit", onExit);
      resolve(message);
    };
    const onExit = (code: number | null, signal: string | null) => {
      child.off("message", onMessage);
      reject(new Error(`${name} ended before it was ready (${signal ?? `status ${code}`})`));
    };
    child.once("message", onMessage);
    child.once("exit", onExit);
  });
}
