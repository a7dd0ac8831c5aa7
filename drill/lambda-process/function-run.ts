import { type ChildProcess, fork } from "node:child_process";
import { randomUUID } from "node:crypto";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { DEFAULT_MEMORY_MIB, type FunctionSettings, functionEnvironment } from "./function-environment";
import { FunctionError } from "./function-error";
import type { FunctionFolder } from "./function-folder";
import { endOfOutput, type Invocation, type ProcessMessage } from "./messages";

/** Lambda gives a function's start 10 s of its own; a busy machine gets more. */
const INIT_SECONDS = 30;

/** Memory for what is not JavaScript's heap: buffers, code, stacks. */
const HEAP_SHARE = 0.8;

export interface FunctionRunOptions extends FunctionSettings {
  /** Real seconds after which an invocation is ended with its process. */
  readonly timeoutSeconds: number;
  /** Each line that the function prints, in order within a stream, before `invoke` resolves. */
  readonly onLog: (line: string) => void;
}

/** One process of the function, from its start to its end. */
export class FunctionRun {
  private readonly options: FunctionRunOptions;
  private readonly child: ChildProcess;
  /** Resolves when the process has ended and its output has been read to the end. */
  private readonly closed: Promise<void>;
  private readonly ready: Promise<void>;
  /** Told of each end of an invocation's output, once for each stream. */
  private onEndOfOutput: (line: string) => void = () => undefined;

  /** @param first - loaded before anything else */
  constructor(options: FunctionRunOptions, folder: FunctionFolder, first?: string) {
    this.options = options;
    const heapMiB = Math.floor((options.memoryMiB ?? DEFAULT_MEMORY_MIB) * HEAP_SHARE);
    this.child = fork(folder.bootstrapFile, [], {
      cwd: folder.taskFolder,
      env: functionEnvironment(options, folder.taskFolder),
      execArgv: [`--max-old-space-size=${heapMiB}`, ...(first === undefined ? [] : ["--require", first])],
      stdio: ["ignore", "pipe", "pipe", "ipc"],
    });
    // An invocation sent to a process that has just died; `closed` tells of its end.
    this.child.on("error", () => undefined);
    this.closed = new Promise((resolve) => this.child.once("close", () => resolve()));
    this.readLines(this.child.stdout);
    this.readLines(this.child.stderr);
    this.ready = this.awaitReady();
    // Whoever invokes hears of a failed start; until then it is nobody's.
    this.ready.catch(() => undefined);
  }

  public get pid(): number | undefined {
    return this.child.pid;
  }

  public get alive(): boolean {
    return this.child.exitCode === null && this.child.signalCode === null;
  }

  public async invoke(event: unknown): Promise<unknown> {
    await this.ready;
    const requestId = randomUUID();
    const { timeoutSeconds } = this.options;
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(timedOut(requestId, timeoutSeconds)), timeoutSeconds * 1000);
    });
    try {
      return await Promise.race([
        this.outcome({ requestId, event, timeoutMilliseconds: timeoutSeconds * 1000 }),
        late,
      ]);
    } catch (error) {
      if (error instanceof FunctionError && error.errorType === "Sandbox.Timedout") {
        await this.kill();
      }
      throw error;
    } finally {
      clearTimeout(timer);
    }
  }

  public async kill(): Promise<void> {
    this.child.kill("SIGKILL");
    await this.closed;
  }

  private async outcome(invocation: Invocation): Promise<unknown> {
    const { requestId } = invocation;
    const logged = this.allOutput(requestId);
    const answered = this.message((message) => message.type !== "ready" && message.type !== "init-failed");
    this.child.send(invocation);
    const message = await answered;
    await logged;
    if (message?.type === "returned") {
      return message.result;
    }
    throw message?.type === "threw" ? new FunctionError(message.error) : this.ended();
  }

  private async awaitReady(): Promise<void> {
    const timer = setTimeout(() => this.child.kill("SIGKILL"), INIT_SECONDS * 1000);
    const message = await this.message(() => true);
    clearTimeout(timer);
    if (message?.type === "init-failed") {
      await this.closed;
      throw new FunctionError(message.error);
    }
    if (message === undefined) {
      throw this.ended();
    }
  }

  /** The next message that fits; undefined when the process ended without one. */
  private message(fits: (message: ProcessMessage) => boolean): Promise<ProcessMessage | undefined> {
    return new Promise((resolve) => {
      const onMessage = (message: ProcessMessage) => {
        if (fits(message)) {
          this.child.off("message", onMessage);
          resolve(message);
        }
      };
      this.child.on("message", onMessage);
      void this.closed.then(() => resolve(undefined));
    });
  }

  /** Resolves when both streams have said that the invocation's output is complete, or have closed. */
  private allOutput(requestId: string): Promise<void> {
    return new Promise((resolve) => {
      let streams = 2;
      this.onEndOfOutput = (line) => {
        if (line.endsWith(endOfOutput(requestId))) {
          streams -= 1;
        }
        if (streams === 0) {
          resolve();
        }
      };
      void this.closed.then(resolve);
    });
  }

  private readLines(stream: Readable | null): void {
    if (stream === null) {
      return;
    }
    createInterface({ input: stream, crlfDelay: Number.POSITIVE_INFINITY }).on("line", (line) => {
      const marker = line.indexOf("\0");
      const printed = marker === -1 ? line : line.slice(0, marker);
      if (marker === -1 || printed !== "") {
        this.options.onLog(printed);
      }
      if (marker !== -1) {
        this.onEndOfOutput(line);
      }
    });
  }

  private ended(): FunctionError {
    const { exitCode, signalCode } = this.child;
    const end = signalCode === null ? `exit status ${exitCode}` : `signal: ${signalCode}`;
    return new FunctionError({
      errorType: "Runtime.ExitError",
      errorMessage: `Runtime exited with error: ${end}`,
      trace: [],
    });
  }
}

function timedOut(requestId: string, timeoutSeconds: number): FunctionError {
  const errorMessage = `RequestId: ${requestId} Error: Task timed out after ${timeoutSeconds.toFixed(2)} seconds`;
  return new FunctionError({ errorType: "Sandbox.Timedout", errorMessage, trace: [] });
}
