import { METRICS } from "../../contract/metrics";
import { type ReplicationSchedule, rateSeconds } from "../../operate/replication-schedule";
import { resources } from "../../operate/runbook/plan-walk";
import { type PlanPlace, plannedMember, plannedStack } from "./planned-stack";

export async function plannedSchedule(place: PlanPlace): Promise<ReplicationSchedule> {
  const stack = plannedMember(await plannedStack(place, "replication"));
  return { intervalSeconds: intervalIn(stack), alarmSeconds: alarmIn(stack) };
}

function intervalIn(stack: unknown): number | undefined {
  const rates = resources(stack, "aws_cloudwatch_event_rule").flatMap(
    ({ schedule_expression: expression }) => rateSeconds(String(expression)) ?? [],
  );
  return rates.length === 0 ? undefined : Math.min(...rates);
}

function alarmIn(stack: unknown): number | undefined {
  const alarms = resources(stack, "aws_cloudwatch_metric_alarm");
  const lag = alarms.find(({ metric_name: name }) => name === METRICS.lagSeconds.name);
  return typeof lag?.threshold === "number" && lag.threshold > 0 ? lag.threshold : undefined;
}
