import { mkdir } from "node:fs/promises";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { freePort, isFree } from "../machine/free-port";
import type { Command } from "./keeper-messages";
import { type KeptProcess, keepProcess } from "./kept-process";
import type { LocalServer } from "./local-server";
import { logTail } from "./log-tail";
import { runStep } from "./run-step";
import type { StartContext } from "./start-options";

const POLL_MILLISECONDS = 50;
const READY_SECONDS = 90;
const GRACE_SECONDS = 5;
const PORT_ATTEMPTS = 3;

/** The programs that start, break and end a server on one port. */
export interface ServerCommands {
  /** Stays in the foreground as long as the server runs. */
  readonly start: Command;
  /** @default - `start` again */
  readonly restart?: Command;
  /** Kills the server where that is not done by killing `start`. */
  readonly kill?: Command;
  /** Removes what is left when the server is no longer needed. */
  readonly remove?: Command;
}

export interface ServerProgram {
  readonly name: string;
  readonly version: string;
  /** Holds the log; the commands run in it. */
  readonly folder: string;
  commands(port: number): ServerCommands;
  environment(port: number): Readonly<Record<string, string>>;
  /** Path that answers 200 once the server can be used. */
  readonly readyPath: string;
}

/** @throws Error with the last lines of the log when the server does not come up within 90 s */
export async function startServerProcess(
  program: ServerProgram,
  context: StartContext,
): Promise<LocalServer> {
  await mkdir(program.folder, { recursive: true });
  for (let attempt = 1; ; attempt += 1) {
    const server = new ServerProcess(program, await freePort(), context);
    try {
      await server.begin();
      return server;
    } catch (error) {
      // What went wrong first is what the caller must hear of.
      await server.stop().catch(() => undefined);
      // Between finding a port and using it, another process may have taken it.
      if (attempt === PORT_ATTEMPTS || context.signal.aborted || (await isFree(server.port))) {
        throw error;
      }
    }
  }
}

class ServerProcess implements LocalServer {
  public readonly port: number;
  public readonly version: string;
  private readonly program: ServerProgram;
  private readonly context: StartContext;
  private readonly commands: ServerCommands;
  private readonly environment: Readonly<Record<string, string>>;
  private readonly logFile: string;
  private running?: KeptProcess;
  private stopped = false;

  constructor(program: ServerProgram, port: number, context: StartContext) {
    this.program = program;
    this.port = port;
    this.version = program.version;
    this.context = context;
    this.commands = program.commands(port);
    this.environment = program.environment(port);
    this.logFile = path.join(program.folder, "server.log");
  }

  public begin(): Promise<void> {
    return this.run(this.commands.start);
  }

  public async kill(): Promise<void> {
    const { running } = this;
    this.running = undefined;
    if (running === undefined) {
      return;
    }
    if (this.commands.kill !== undefined) {
      await this.step("killing", this.commands.kill);
    }
    await running.kill();
  }

  public async restart(): Promise<void> {
    await this.kill();
    await this.run(this.commands.restart ?? this.commands.start);
  }

  public async stop(): Promise<void> {
    if (this.stopped) {
      return;
    }
    this.stopped = true;
    const { running } = this;
    this.running = undefined;
    if (this.commands.remove !== undefined) {
      await this.step("removing", this.commands.remove);
    }
    await running?.end(GRACE_SECONDS);
  }

  private async run(command: Command): Promise<void> {
    this.context.signal.throwIfAborted();
    const { folder, name } = this.program;
    const { environment, logFile } = this;
    this.running = await keepProcess({
      ...command,
      folder,
      environment,
      logFile,
      whenOrphaned: this.commands.remove,
    });
    let ended = false;
    void this.running.exited.then(() => {
      ended = true;
    });
    const deadline = performance.now() + READY_SECONDS * 1000;
    while (!(await answers(this.port, this.program.readyPath))) {
      this.context.signal.throwIfAborted();
      if (ended) {
        throw new Error(`${name} ended before it was ready; its last lines:\n${logTail(logFile)}`);
      }
      if (performance.now() > deadline) {
        throw new Error(
          `${name} was not ready within ${READY_SECONDS} s; its last lines:\n${logTail(logFile)}`,
        );
      }
      await sleep(POLL_MILLISECONDS);
    }
  }

  /** Not bound to the caller's signal: an interrupted start has to be cleaned up as well. */
  private step(purpose: string, command: Command): Promise<void> {
    const { folder, name } = this.program;
    const context = { ...this.context, signal: new AbortController().signal };
    return runStep(`${purpose} ${name}`, { command, folder, logFile: this.logFile }, context);
  }
}

async function answers(port: number, readyPath: string): Promise<boolean> {
  try {
    const response = await fetch(`http://127.0.0.1:${port}${readyPath}`, {
      signal: AbortSignal.timeout(2000),
    });
    await response.body?.cancel();
    return response.ok;
  } catch {
    return false;
  }
}
