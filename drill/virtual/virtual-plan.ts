import type { StoreName } from "../../contract/stores";
import type { RecoveryTimings, ReplicationTimings } from "../../lib/objectives";
import { type EdgePlan, type EdgePool, withPools } from "../edge/edge-plan";
import { type PassWork, passSecondsOf } from "./pass-work";

/** What a virtual drill is about: the edge as planned, the schedule, and what a pass of replication has to do. */
export interface VirtualPlan {
  readonly edge: EdgePlan;
  /** Seconds between two starts of a run. */
  readonly runEverySeconds: number;
  /** Most seconds of a run. */
  readonly runSeconds: number;
  readonly work: PassWork;
  /** Seconds of a pass, whatever the work. @default - computed from the work */
  readonly passSeconds?: number;
}

/** What may be changed of a plan, to see what it would do. */
export interface Variation extends Partial<PassWork> {
  /** Seconds between two probes. */
  readonly intervalSeconds?: number;
  readonly timeoutSeconds?: number;
  readonly retries?: number;
  readonly consecutiveDown?: number;
  /** Regions that probe. */
  readonly checkRegions?: readonly string[];
  /** Minutes between two runs. */
  readonly everyMinutes?: number;
  readonly passSeconds?: number;
}

/** The plan with some of it changed. Both stores' monitors change alike. */
export function varied(plan: VirtualPlan, variation: Variation): VirtualPlan {
  const { intervalSeconds, timeoutSeconds, retries, consecutiveDown, checkRegions, everyMinutes } = variation;
  const monitor = withoutGaps({ intervalSeconds, timeoutSeconds, retries, consecutiveDown });
  return {
    ...plan,
    edge: withPools(plan.edge, (pool) => ({
      ...pool,
      checkRegions: checkRegions ?? pool.checkRegions,
      monitor: { ...pool.monitor, ...monitor },
    })),
    runEverySeconds: everyMinutes === undefined ? plan.runEverySeconds : everyMinutes * 60,
    work: {
      objects: variation.objects ?? plan.work.objects,
      objectBytes: variation.objectBytes ?? plan.work.objectBytes,
      writesPerSecond: variation.writesPerSecond ?? plan.work.writesPerSecond,
    },
    passSeconds: variation.passSeconds ?? plan.passSeconds,
  };
}

/** The pool of the store that is active. */
export function activePool({ edge }: VirtualPlan): EdgePool {
  const [active] = edge.defaultPools;
  if (active === undefined) throw new RangeError("the edge plan has no pool");
  return active;
}

export function activeStore(plan: VirtualPlan): StoreName {
  return activePool(plan).origin.name;
}

export function recoveryTimings(plan: VirtualPlan): RecoveryTimings {
  return { ...activePool(plan).monitor, failoverAcrossPools: plan.edge.failoverAcrossPools };
}

export function replicationTimings(plan: VirtualPlan): ReplicationTimings & { readonly passSeconds: number } {
  const { runEverySeconds: intervalSeconds, runSeconds } = plan;
  const passSeconds = plan.passSeconds ?? passSecondsOf(plan.work, { intervalSeconds, runSeconds });
  return { intervalSeconds, runSeconds, passSeconds };
}

function withoutGaps<T extends object>(values: T): { [Name in keyof T]?: NonNullable<T[Name]> } {
  const entries = Object.entries(values).filter(([, value]) => value !== undefined);
  return Object.fromEntries(entries) as { [Name in keyof T]?: NonNullable<T[Name]> };
}
