import type { RunStarted } from "../evidence/events";
import { MARGIN_SECONDS, PROPAGATION_SECONDS } from "./play-fault";
import type { StagingConfig } from "./staging-config";

/** Seconds that a drill takes at most before it gives up waiting for something. */
export function longestSeconds(
  { faults, steadySeconds }: Pick<StagingConfig, "faults" | "steadySeconds">,
  { detection, return: back }: RunStarted["predicted"],
): number {
  const settling = MARGIN_SECONDS + steadySeconds;
  const ofFaults = faults.map(({ kind, holdSeconds }) => {
    const noticed =
      kind === "pool-disabled" ? PROPAGATION_SECONDS : detection.refusing.worst + MARGIN_SECONDS;
    return noticed + holdSeconds + back.worst + PROPAGATION_SECONDS + settling;
  });
  return ofFaults.reduce((sum, seconds) => sum + seconds, settling);
}
