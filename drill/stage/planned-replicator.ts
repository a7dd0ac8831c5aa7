/** What the drill takes from the synthesized replication stack. */
export interface PlannedReplicator {
  readonly environment: Readonly<Record<string, string>>;
  readonly handler: string;
  readonly timeoutSeconds: number;
  readonly memoryMiB: number;
  /** Seconds between two scheduled runs. */
  readonly intervalSeconds: number;
}

/** The replication stack cannot be read. */
export class ReplicationPlanError extends Error {
  public override readonly name = "ReplicationPlanError";
}

/** @throws ReplicationPlanError naming the path that is not as expected */
export function readPlannedReplicator(stack: unknown): PlannedReplicator {
  const lambda = onlyResource(stack, "aws_lambda_function");
  const rule = onlyResource(stack, "aws_cloudwatch_event_rule");
  const variables = member(member(lambda, "environment"), "variables");
  return {
    environment: Object.fromEntries(
      Object.entries(record(variables)).map(([name, value]) => [name, String(value)]),
    ),
    handler: String(member(lambda, "handler")),
    timeoutSeconds: Number(member(lambda, "timeout")),
    memoryMiB: Number(member(lambda, "memory_size")),
    intervalSeconds: intervalSeconds(String(member(rule, "schedule_expression"))),
  };
}

function intervalSeconds(expression: string): number {
  const minutes = /^rate\((\d+) minutes?\)$/.exec(expression)?.[1];
  if (minutes === undefined)
    throw new ReplicationPlanError(`schedule "${expression}" is not understood; expected rate(n minutes)`);
  return Number(minutes) * 60;
}

function onlyResource(stack: unknown, type: string): unknown {
  const found = Object.values(record(member(member(stack, "resource"), type)));
  if (found.length !== 1)
    throw new ReplicationPlanError(`expected one ${type} in the replication stack, found ${found.length}`);
  return found[0];
}

function member(value: unknown, name: string): unknown {
  const found = record(value)[name];
  if (found === undefined)
    throw new ReplicationPlanError(`the replication stack has no "${name}" where it is expected`);
  return found;
}

function record(value: unknown): Readonly<Record<string, unknown>> {
  if (typeof value !== "object" || value === null)
    throw new ReplicationPlanError("the replication stack is not as expected");
  return value as Record<string, unknown>;
}
