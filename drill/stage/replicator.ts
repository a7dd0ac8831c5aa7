import { setTimeout as delay } from "node:timers/promises";
import type { CopyRecord, RunReport } from "../../lambda/replicator/report";
import type { DrillEvent } from "../evidence/events";

/** A function that runs in a process of its own. */
export interface InvokedFunction {
  invoke(event: unknown): Promise<unknown>;
}

export interface ReplicatorSettings {
  readonly intervalMilliseconds: number;
  /** Milliseconds since the run began. */
  readonly clock: () => number;
  readonly emit: (event: DrillEvent) => void;
}

/** No run was clean, however often it was tried. */
export class NoCleanRunError extends Error {
  public override readonly name = "NoCleanRunError";
}

/** Attempts at a clean run before the drill gives up. */
const MOST_ATTEMPTS = 8;

const BETWEEN_ATTEMPTS_MILLISECONDS = 300;

/**
 * The replicator on its schedule. A run that is due while another is under way is left out, as EventBridge
 * would start it and it would find nothing to do.
 */
export class ScheduledReplicator {
  private timer: NodeJS.Timeout | undefined;
  /** When the last scheduled run was due. */
  private lastDue = 0;
  private underWay: Promise<RunReport | undefined> | undefined;
  private lastReport: RunReport | undefined;
  private function: InvokedFunction | undefined;

  constructor(private readonly settings: ReplicatorSettings) {}

  /** The function's log goes to `log`. */
  public attach(invoked: InvokedFunction): void {
    this.function = invoked;
  }

  public start(): void {
    clearInterval(this.timer);
    this.lastDue = this.settings.clock();
    this.timer = setInterval(() => {
      this.lastDue = this.settings.clock();
      void this.run();
    }, this.settings.intervalMilliseconds);
  }

  /** Begins no further run, and waits for the one under way. */
  public async stop(): Promise<void> {
    clearInterval(this.timer);
    await this.underWay;
  }

  /** Waits for a moment at which no run is under way, and none is due within `milliseconds`. */
  public async untilFree(milliseconds: number, signal?: AbortSignal): Promise<void> {
    const dueIn = this.lastDue + this.settings.intervalMilliseconds - this.settings.clock();
    if (dueIn < milliseconds) await delay(Math.max(0, dueIn) + 1, undefined, { signal });
    await this.underWay;
  }

  /** One run outside the schedule, after the one under way; undefined when it left no report. */
  public async runOnce(): Promise<RunReport | undefined> {
    await this.underWay;
    return this.run();
  }

  /**
   * From now on nobody is there to be invoked.
   *
   * @returns brings the function back
   */
  public takeAway(): () => void {
    const { function: taken } = this;
    this.function = undefined;
    return () => {
      this.function = taken;
    };
  }

  /** Runs outside the schedule until a run that began after this call was clean. */
  public async runUntilClean(signal?: AbortSignal): Promise<RunReport> {
    await this.underWay;
    for (let attempt = 1; attempt <= MOST_ATTEMPTS; attempt += 1) {
      const report = await this.run();
      if (report?.outcome === "clean") return report;
      await delay(BETWEEN_ATTEMPTS_MILLISECONDS, undefined, { signal });
    }
    const { outcome, reason } = this.lastReport ?? {};
    throw new NoCleanRunError(
      `no clean run of the replicator in ${MOST_ATTEMPTS} attempts; the last one: ${outcome} ${reason ?? ""}`,
    );
  }

  /** Takes one line of the function's log. */
  public log(line: string): void {
    const entry = parse(line);
    this.takeCopy(entry);
    if (isRun(entry)) this.lastReport = entry.report;
  }

  /** Takes one line of another function's log, which copies as well. */
  public logCopy(line: string): void {
    this.takeCopy(parse(line));
  }

  private takeCopy(entry: unknown): void {
    if (isCopy(entry)) this.settings.emit({ type: "copy", at: this.settings.clock(), record: entry });
  }

  private run(): Promise<RunReport | undefined> {
    this.underWay ??= this.invoke().finally(() => {
      this.underWay = undefined;
    });
    return this.underWay;
  }

  private async invoke(): Promise<RunReport | undefined> {
    const at = this.settings.clock();
    this.lastReport = undefined;
    // A run that was not clean is an error to Lambda; its log tells more than the error.
    await this.function?.invoke({}).catch(() => undefined);
    const report = this.lastReport as RunReport | undefined;
    if (report === undefined) return undefined;
    this.settings.emit({ type: "replication", at, end: this.settings.clock(), report });
    return report;
  }
}

function parse(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

function isCopy(entry: unknown): entry is CopyRecord {
  return eventName(entry) === "copied";
}

function isRun(entry: unknown): entry is { readonly report: RunReport } {
  return eventName(entry) === "run";
}

function eventName(entry: unknown): unknown {
  return typeof entry === "object" && entry !== null && "event" in entry ? entry.event : undefined;
}
