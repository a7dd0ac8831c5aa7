import { fenceSeconds } from "../../contract/marker";
import type { RunStarted } from "../evidence/events";
import type { InvariantId } from "../evidence/invariants/invariant-ids";
import type { StagingSettings } from "./run-staging";

const NO_WRITES = "a drill of a deployment that is in use writes no objects and compares none";

/** All but the secrets, the figures, and what nothing can break that does not flip. */
const UNDECIDED: Partial<Record<InvariantId, string>> = Object.fromEntries(
  (["I1", "I2", "I3", "I4", "I5", "I6", "I7", "I9", "I10"] as const).map((id) => [id, NO_WRITES]),
);

/** What the log says first: what is played, and what must come true. */
export function stagingBeginning(
  { config, deployment, active, predicted, replicationIntervalSeconds, stores, speed }: StagingSettings,
  resolutionMilliseconds: number,
  at: number,
): RunStarted {
  const fence = fenceSeconds();
  return {
    type: "run-started",
    at,
    wallClock: new Date().toISOString(),
    speed,
    seed: 0,
    stores,
    active,
    predicted,
    fence: { seconds: fence, waitedMilliseconds: (fence * 1000) / speed },
    replicationIntervalSeconds,
    readerPeriodMilliseconds: resolutionMilliseconds,
    scenario: {
      id: "staging",
      title: `Drill of ${deployment.hostname}`,
      proves: `Readers of ${deployment.hostname} are served by the other store when one is taken away, and again by the first when it is back; no read fails.`,
      expected: {
        flips: [],
        outages: config.faults.map(({ store, kind }, index) => ({
          target: store,
          number: config.faults.slice(0, index + 1).filter((fault) => fault.store === store).length,
          readers: "unharmed" as const,
          ...(kind === "pool-disabled" ? {} : { noticed: true }),
        })),
        notApplicable: UNDECIDED,
      },
      targets: config.targets,
    },
    versions: { node: process.version },
  };
}
