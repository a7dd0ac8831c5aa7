import { METRICS } from "../../contract/metrics";
import { member } from "../../operate/runbook/plan-walk";
import { type PlannedStack, type PlanPlace, plannedMember, plannedStack } from "./planned-stack";

/** How often replication runs, and when its alarm rings; undefined where nothing planned says so. */
export interface PlannedSchedule {
  /** Seconds between the starts of two runs. */
  readonly intervalSeconds?: number;
  /** Seconds behind at which the alarm rings (`maximumLagMinutes`). */
  readonly alarmSeconds?: number;
}

/** Where nothing says how often replication runs: the default of the library. */
export const DEFAULT_INTERVAL_SECONDS = 300;

const UNIT_SECONDS: Readonly<Record<string, number>> = { minute: 60, hour: 3600, day: 86_400 };

export async function plannedSchedule(place: PlanPlace): Promise<PlannedSchedule> {
  const stack = await plannedStack(place, "replication");
  return { intervalSeconds: intervalIn(stack), alarmSeconds: alarmIn(stack) };
}

/** Seconds that the standby may be behind: as the lag alarm has it, else twice the interval. */
export function lagObjective({ intervalSeconds, alarmSeconds }: PlannedSchedule): number {
  return alarmSeconds ?? 2 * (intervalSeconds ?? DEFAULT_INTERVAL_SECONDS);
}

function intervalIn(stack: PlannedStack): number | undefined {
  const rules = Object.values(plannedMember(stack, "resource", "aws_cloudwatch_event_rule"));
  const rates = rules.flatMap((rule) => {
    const expression = String(member(rule).schedule_expression);
    const [, count, unit] = /^rate\((\d+) (minute|hour|day)s?\)$/.exec(expression) ?? [];
    return unit === undefined ? [] : [Number(count) * (UNIT_SECONDS[unit] ?? 0)];
  });
  return rates.length === 0 ? undefined : Math.min(...rates);
}

function alarmIn(stack: PlannedStack): number | undefined {
  const alarms = Object.values(plannedMember(stack, "resource", "aws_cloudwatch_metric_alarm"));
  const lag = alarms.find((alarm) => member(alarm).metric_name === METRICS.lagSeconds.name);
  const { threshold } = member(lag);
  return typeof threshold === "number" && threshold > 0 ? threshold : undefined;
}
