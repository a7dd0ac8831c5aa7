import { predictDataAtRisk, predictRecoveryTime, type RecoveryTimings } from "../../lib/objectives";
import { lagObjective } from "../replication-schedule";
import type { Deployment } from "./deployment";

/** What this configuration leads one to expect, in seconds. */
export interface Expectations {
  /** Reads fail for no longer than this, however the store is lost. */
  readonly readsWorst: number;
  readonly fence: number;
  /** Writes that may be missing on the standby, at worst; absent without a schedule. */
  readonly dataAtRiskWorst?: number;
  /** A planned flip pauses writers for two fences and a pass: that long at worst, with a run beginning at each interval. */
  readonly pausedWorst?: number;
  /** The standby may be this far behind: as the lag alarm has it, else twice the interval. */
  readonly lagObjective: number;
}

/** Minutes of failing writes after which somebody decides; shorter outages are cheaper than what a flip leaves to settle. */
export const DECIDE_AFTER_MINUTES = 15;

export function expectations({ stores, fenceSeconds, replication }: Deployment): Expectations {
  const intervalSeconds = replication.everyMinutes === undefined ? undefined : replication.everyMinutes * 60;
  const alarmSeconds = replication.alarms.find(({ lagSeconds }) => lagSeconds !== undefined)?.lagSeconds;
  return {
    readsWorst: Math.max(...Object.values(stores).map(({ timings }) => worstReads(timings))),
    fence: fenceSeconds,
    lagObjective: lagObjective({ intervalSeconds, alarmSeconds }),
    ...(intervalSeconds !== undefined && {
      dataAtRiskWorst: predictDataAtRisk({ intervalSeconds }).worst,
      pausedWorst: 2 * fenceSeconds + intervalSeconds,
    }),
  };
}

function worstReads(timings: RecoveryTimings): number {
  return Math.max(
    predictRecoveryTime("refusing", timings).worst,
    predictRecoveryTime("hanging", timings).worst,
  );
}

/** `80 s`, `2 min`, `1 h 30 min`: as a person would say it. */
export function duration(seconds: number): string {
  if (seconds < 120) return `${Math.round(seconds)} s`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 90) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  return minutes % 60 === 0 ? `${hours} h` : `${hours} h ${minutes % 60} min`;
}
