import { once } from "node:events";
import { relative, resolve } from "node:path";
import { createInterface } from "node:readline";
import type { DrillEvent } from "../../drill/evidence/events";
import { AlreadyRunningError, DEPLOYMENT_FOLDER } from "../../drill/local-deployment/deployment-folder";
import {
  FunctionMissingError,
  type LocalDeployment,
  quietMinutes,
  startLocalDeployment,
} from "../../drill/local-deployment/start-local-deployment";
import colors from "../colors";
import type { LocalArguments } from "../commands/local";
import { EXIT } from "../exit-codes";
import { InterruptedError } from "../interruptible";
import { runCommand } from "../run-command";
import { TerminalProgress } from "../terminal-progress";
import { WrongUseError } from "../wrong-use-error";
import { EventLines } from "./event-line";
import { typedFault } from "./typed-fault";

/** `storage-failover local`: stays until it is interrupted, sets the exit code, never rejects. */
export async function runLocal(given: LocalArguments): Promise<void> {
  const progress = new TerminalProgress(given.json ? process.stderr : process.stdout);
  await runCommand({
    task: (signal) => stayUp(given, progress, signal),
    stopping: "ending everything that was started …",
    interruption: new InterruptedError("interrupted"),
    verbose: given.verbose,
    onFailure: () => progress.fail(),
  });
}

async function stayUp(
  given: LocalArguments,
  progress: TerminalProgress,
  signal: AbortSignal,
): Promise<number> {
  progress.print(
    `storage-failover local · stores: ${given.stores} · 1 s here = ${given.speed} s of the real thing\n`,
  );
  let isUp = false;
  const tell = teller(given);
  const deployment = await opened(given, progress, signal, (event) => {
    if (isUp) tell(event);
  });
  try {
    signal.throwIfAborted();
    isUp = true;
    if (given.json) print({ command: "local", outcome: "up", ...placesOf(deployment) });
    else progress.print(welcome(deployment, given));
    const stopListening = listen(deployment, (problem) => progress.print(colors.yellow(` ! ${problem}`)));
    await once(signal, "abort");
    stopListening();
  } finally {
    isUp = false;
    await deployment.stop();
  }
  if (!given.json) progress.print("nothing is left running");
  return EXIT.done;
}

async function opened(
  given: LocalArguments,
  progress: TerminalProgress,
  signal: AbortSignal,
  onEvent: (event: DrillEvent) => void,
): Promise<LocalDeployment> {
  try {
    const folder = resolve(DEPLOYMENT_FOLDER);
    return await startLocalDeployment({ ...given, folder, signal, progress, onEvent });
  } catch (error) {
    signal.throwIfAborted();
    if (!(error instanceof AlreadyRunningError || error instanceof FunctionMissingError)) throw error;
    throw new WrongUseError(error.message, { cause: error });
  }
}

function teller({ json }: LocalArguments): (event: DrillEvent) => void {
  const lines = new EventLines();
  return (event) => {
    const line = lines.take(event);
    if (line === undefined) return;
    if (json) print({ at: new Date().toISOString(), event: event.type, says: line });
    else process.stdout.write(` ${colors.dim(new Date().toTimeString().slice(0, 8))}  ${line}\n`);
  };
}

/** @returns ends listening */
function listen(deployment: LocalDeployment, onProblem: (problem: string) => void): () => void {
  // Not as a terminal: Ctrl-C has to reach the process.
  const typed = createInterface({ input: process.stdin, terminal: false });
  const onLine = async (line: string) => {
    if (line.trim() === "") return;
    const fault = typedFault(line);
    if (fault === undefined) return onProblem("understood here: lose, or mend, and primary or secondary");
    await (fault.act === "lose" ? deployment.lose(fault.store) : deployment.bringBack(fault.store));
  };
  typed.on("line", (line) => void onLine(line).catch((error: unknown) => onProblem(String(error))));
  return () => {
    typed.close();
    process.stdin.unref?.();
  };
}

function placesOf({ folder, environmentFile, runbookFile, hostname, readersUrl }: LocalDeployment) {
  return { folder, environmentFile, runbookFile, hostname, readersUrl };
}

function welcome(deployment: LocalDeployment, { load, speed }: LocalArguments): string {
  const { environmentFile, hostname, readersUrl } = deployment;
  const from = (file: string) => relative(process.cwd(), file);
  return [
    "",
    ` ${colors.green("up")}   readers at https://${hostname}/ in the shell below, or at ${readersUrl} with that Host header`,
    load
      ? "      a writer and two readers are at work; what happens is told here"
      : "      nobody reads or writes but you",
    "",
    " In another terminal:",
    `   source ${from(environmentFile)}`,
    "   less RUNBOOK.md",
    "",
    " Here, with Enter:",
    "   lose primary     kills it, as if its cloud were lost",
    "   mend primary     brings it back with what it held",
    `   Ctrl-C           ends everything, and removes ${from(deployment.folder)}`,
    "",
    ` The runbook's minutes are the real deployment's: monitors, schedule and fence are ${speed} times as fast here.`,
    ...tooEarly(quietMinutes(speed)),
    "",
  ].join("\n");
}

/** Whoever is quick meets it in the first minute, and nobody has flipped. */
function tooEarly(minutes: number): readonly string[] {
  return minutes === 0
    ? []
    : [
        ` For ${minutes} min from now, and after each flip, a flip is refused as too early (recent-flip): wait.`,
      ];
}

function print(value: unknown): void {
  process.stdout.write(`${JSON.stringify(value)}\n`);
}
