import { type FunctionFolder, unpackFunction } from "../../../drill/lambda-process/function-folder";
import { FunctionRun, type FunctionRunOptions } from "../../../drill/lambda-process/function-run";
import type { RunReport } from "../../../lambda/replicator/report";

/** The deployed function, killed so often that the next process is started before it is needed. */
export class KillableReplicator {
  private spare: FunctionRun;
  private running: FunctionRun;
  private report: RunReport | undefined;

  private constructor(
    private readonly options: Omit<FunctionRunOptions, "onLog">,
    private readonly folder: FunctionFolder,
  ) {
    this.running = this.start();
    this.spare = this.start();
  }

  public static async unpack(
    zipFile: string,
    options: Omit<FunctionRunOptions, "onLog">,
  ): Promise<KillableReplicator> {
    return new KillableReplicator(options, await unpackFunction(zipFile));
  }

  /** @returns undefined when it was killed */
  public async run(): Promise<RunReport | undefined> {
    if (!this.running.alive) {
      this.running = this.spare;
      this.spare = this.start();
    }
    this.report = undefined;
    // A run that was not clean is an error to Lambda; its log tells more than the error.
    await this.running.invoke({}).catch(() => undefined);
    return this.report;
  }

  /** SIGKILL. */
  public async kill(): Promise<void> {
    await this.running.kill();
  }

  public async stop(): Promise<void> {
    await Promise.all([this.running.kill(), this.spare.kill()]);
    await this.folder.remove();
  }

  private start(): FunctionRun {
    return new FunctionRun({ ...this.options, onLog: (line) => this.log(line) }, this.folder);
  }

  private log(line: string): void {
    try {
      const entry = JSON.parse(line) as { readonly event?: unknown; readonly report?: RunReport };
      if (entry.event === "run") this.report = entry.report;
    } catch {
      // Not every line is an entry.
    }
  }
}
