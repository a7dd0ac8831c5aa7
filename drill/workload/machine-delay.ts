import { DELAY_PERIOD_MILLISECONDS, type MachineDelay } from "../evidence/events";

const SAMPLE_MILLISECONDS = 10;

export interface MachineDelaySettings {
  /** Between two events. @default DELAY_PERIOD_MILLISECONDS */
  readonly everyMilliseconds?: number;
  /** Milliseconds since the run began. */
  readonly clock: () => number;
  readonly emit: (event: MachineDelay) => void;
}

/**
 * Records for how long this process could not run: no figure of the drill can be more exact than that.
 * Returns a function that records the last stretch and ends it; safe to call twice.
 *
 * Not by `monitorEventLoopDelay`: its `reset` drops the sample under way, which is the long one whenever the
 * process was held up while a record was due.
 */
export function watchMachineDelay(settings: MachineDelaySettings): () => void {
  let sampledAt = performance.now();
  let recordedAt = sampledAt;
  let longest = 0;
  const sample = () => {
    const now = performance.now();
    longest = Math.max(longest, now - sampledAt - SAMPLE_MILLISECONDS);
    sampledAt = now;
  };
  const record = () => {
    settings.emit({ type: "delay", at: settings.clock(), milliseconds: longest });
    recordedAt = sampledAt;
    longest = 0;
  };
  const timer = setInterval(() => {
    sample();
    if (sampledAt - recordedAt >= (settings.everyMilliseconds ?? DELAY_PERIOD_MILLISECONDS)) {
      record();
    }
  }, SAMPLE_MILLISECONDS);
  return () => {
    clearInterval(timer);
    sample();
    record();
  };
}
