import { FunctionError } from "./function-error";
import { type FunctionFolder, unpackFunction } from "./function-folder";
import { FunctionRun, type FunctionRunOptions } from "./function-run";

export interface LambdaProcessOptions extends FunctionRunOptions {
  readonly zipFile: string;
}

/**
 * A function that runs from its zip, in a process of its own, with what Lambda would give it and no more.
 * Like Lambda it keeps the process between invocations and takes one at a time; unlike Lambda it does not
 * freeze the process in between, and does not limit memory outside of the heap.
 */
export interface LambdaProcess {
  /** The process that runs now; undefined before the first invocation and after its end. */
  readonly pid: number | undefined;
  /**
   * Runs the function; starts its process first when there is none.
   *
   * @throws FunctionError
   */
  invoke(event: unknown): Promise<unknown>;
  /** From the next invocation on, which starts a new process, its clock is ahead by so many minutes; below 0, behind. */
  skewClock(aheadMinutes: number): Promise<void>;
  /** SIGKILL: an invocation under way ends with `Runtime.ExitError`, the next one starts a new process. */
  kill(): Promise<void>;
  /** Ends the process and removes the unpacked files. Safe to call twice. */
  stop(): Promise<void>;
}

/** @throws Error when the zip cannot be unpacked */
export async function startLambdaProcess(options: LambdaProcessOptions): Promise<LambdaProcess> {
  return new ProcessOfFunction(options, await unpackFunction(options.zipFile));
}

class ProcessOfFunction implements LambdaProcess {
  private readonly options: LambdaProcessOptions;
  private readonly folder: FunctionFolder;
  private run?: FunctionRun;
  private skewedClock?: string;
  private busy = false;
  private stopped = false;

  constructor(options: LambdaProcessOptions, folder: FunctionFolder) {
    this.options = options;
    this.folder = folder;
  }

  public get pid(): number | undefined {
    return this.run?.alive === true ? this.run.pid : undefined;
  }

  public async invoke(event: unknown): Promise<unknown> {
    if (this.stopped) {
      throw new Error("the function's process has been stopped for good");
    }
    if (this.busy) {
      const errorMessage = "Rate Exceeded: one invocation at a time";
      throw new FunctionError({ errorType: "TooManyRequestsException", errorMessage, trace: [] });
    }
    this.busy = true;
    try {
      if (this.run?.alive !== true) {
        this.run = new FunctionRun(this.options, this.folder, this.skewedClock);
      }
      return await this.run.invoke(event);
    } finally {
      this.busy = false;
    }
  }

  public async skewClock(aheadMinutes: number): Promise<void> {
    this.skewedClock = aheadMinutes === 0 ? undefined : await this.folder.skewedClock(aheadMinutes);
    await this.kill();
  }

  public async kill(): Promise<void> {
    await this.run?.kill();
  }

  public async stop(): Promise<void> {
    this.stopped = true;
    await this.kill();
    await this.folder.remove();
  }
}
