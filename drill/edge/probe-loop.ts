import type { EdgeCore } from "./core/edge-core";
import type { PoolStatus } from "./core/pool-health";
import type { Attempt } from "./core/pool-watch";
import type { ProbeAnswer } from "./core/probe-outcome";
import type { EdgePool } from "./edge-plan";

export interface ProbeLoopOptions {
  readonly core: EdgeCore;
  /** Makes one probe. Never rejects. */
  readonly probe: (attempt: Attempt) => Promise<ProbeAnswer>;
  /** Plan seconds of a clock that never goes back. */
  readonly now: () => number;
  /** Milliseconds of this machine that plan seconds take. */
  readonly milliseconds: (planSeconds: number) => number;
  readonly onStatus: (pool: EdgePool, status: PoolStatus) => void;
}

/** Makes the probes that the core asks for when they are due, and tells it the answers. */
export class ProbeLoop {
  private timer?: NodeJS.Timeout;
  private stopped = false;

  constructor(private readonly options: ProbeLoopOptions) {}

  /** Begins, and looks anew at what is due: needed after each change of plan. */
  public wake(): void {
    if (this.stopped) return;
    clearTimeout(this.timer);
    const { core, now, milliseconds } = this.options;
    for (const attempt of core.due(now())) void this.make(attempt);
    const next = core.nextDue();
    if (!Number.isFinite(next)) return;
    this.timer = setTimeout(() => this.wake(), Math.max(0, milliseconds(next - now())));
  }

  /** Answers of probes that are under way are left aside from now on. */
  public stop(): void {
    this.stopped = true;
    clearTimeout(this.timer);
  }

  private async make(attempt: Attempt): Promise<void> {
    const { core, probe, now, onStatus } = this.options;
    const answer = await probe(attempt);
    if (this.stopped) return;
    const { again, status } = core.recordProbe(attempt, answer, now());
    if (again !== undefined) return this.make(again);
    if (status !== undefined) onStatus(attempt.pool, status);
    // The end of a check says when the next one begins.
    this.wake();
  }
}
