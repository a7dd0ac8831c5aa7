import { monitorEventLoopDelay } from "node:perf_hooks";
import type { MachineDelay } from "../evidence/events";

const RESOLUTION_MILLISECONDS = 10;

export interface MachineDelaySettings {
  /** Between two events. @default 1000 */
  readonly everyMilliseconds?: number;
  /** Milliseconds since the run began. */
  readonly clock: () => number;
  readonly emit: (event: MachineDelay) => void;
}

/**
 * Records for how long this process could not run: no figure of the drill can be more exact than that.
 * Returns a function that records the last stretch and ends it.
 */
export function watchMachineDelay(settings: MachineDelaySettings): () => void {
  const delays = monitorEventLoopDelay({ resolution: RESOLUTION_MILLISECONDS });
  const record = () => {
    // Each sample counts from the timer before, so that an idle machine shows the resolution itself.
    const milliseconds = Math.max(0, delays.max / 1e6 - RESOLUTION_MILLISECONDS);
    delays.reset();
    settings.emit({ type: "delay", at: settings.clock(), milliseconds });
  };
  delays.enable();
  const timer = setInterval(record, settings.everyMilliseconds ?? 1000);
  return () => {
    clearInterval(timer);
    record();
    delays.disable();
  };
}
