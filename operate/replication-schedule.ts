/** How often replication runs, and when its alarm rings; undefined where nothing planned says so. */
export interface ReplicationSchedule {
  /** Seconds between the starts of two runs. */
  readonly intervalSeconds?: number;
  /** Seconds behind at which the alarm rings (`maximumLagMinutes`). */
  readonly alarmSeconds?: number;
}

/** Where nothing says how often replication runs: the default of the library. */
export const DEFAULT_INTERVAL_SECONDS = 300;

/** Seconds that the standby may be behind: as the lag alarm has it, else twice the interval. */
export function lagObjective({ intervalSeconds, alarmSeconds }: ReplicationSchedule): number {
  return alarmSeconds ?? 2 * (intervalSeconds ?? DEFAULT_INTERVAL_SECONDS);
}

const UNIT_SECONDS: Readonly<Record<string, number>> = { minute: 60, hour: 3600, day: 86_400 };

/** Seconds, from a rule's `rate(5 minutes)`; undefined for any other expression. */
export function rateSeconds(expression: string): number | undefined {
  const [, count, unit = ""] = /^rate\((\d+) (minute|hour|day)s?\)$/.exec(expression) ?? [];
  return count === undefined ? undefined : Number(count) * (UNIT_SECONDS[unit] ?? 0);
}
