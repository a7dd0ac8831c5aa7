import { describe, expect, it } from "@jest/globals";
import validateStates from "asl-validator";
import {
  FAN_OUT_VOID_ERROR,
  MOST_RANGES,
  PAYLOAD_BYTES,
  type PlanAnswer,
  type RangeResult,
} from "../../contract/fan-out";
import { HANDLERS } from "../../contract/handlers";
import { fanOutDefinition } from "../../lib/replication/fan-out-definition";
import type { ReplicatorProps } from "../../lib/replication/replicator";
import { RANGE_OBJECTS_PER_SECOND } from "../../lib/replication/replicator-fan-out";
import { exampleReplicator, statementsOf } from "./example-replicator";
import { examplePrimary } from "./example-stores";
import { itRefusesEach, type RefusedInput } from "./refusal";
import type { SynthesizedResource } from "./synthesized-resources";
import { temporaryFolder } from "./temporary-folder";

const { createReplicator, synthesizeReplicator } = exampleReplicator(temporaryFolder());

/** The plan with both drivers; `named` finds a resource by the end of its construct path. */
function synthesizeDrivers(change: Partial<ReplicatorProps> = {}) {
  const plan = synthesizeReplicator({ events: true, fanOut: true, ...change });
  const named = (type: string, path: string): SynthesizedResource => {
    const found = Object.entries(plan.resources[type] ?? {}).filter(([name]) =>
      name.replace(/_[0-9A-F]{8}$/, "").endsWith(`replicator_${path}`),
    );
    expect([type, path, found.length]).toEqual([type, path, 1]);
    return found[0]?.[1] ?? {};
  };
  return { ...plan, named };
}

describe("the drivers", () => {
  it("are off unless they are asked for", () => {
    const { resources } = synthesizeReplicator();

    expect(Object.keys(resources.aws_lambda_function ?? {})).toHaveLength(1);
    expect(Object.keys(resources.aws_sqs_queue ?? {})).toHaveLength(1);
    expect(resources).not.toHaveProperty("aws_sfn_state_machine");
    expect(createReplicator().replicator).toMatchObject({ events: undefined, fanOut: undefined });
  });

  it("keep the ids by which what is deployed is known", () => {
    const { replicator } = createReplicator({ events: true, fanOut: true });

    const ids = (scope: { node: { children: readonly { node: { id: string } }[] } } | undefined) =>
      scope?.node.children.map(({ node }) => node.id);

    expect(ids(replicator.events)).toEqual([
      "dead-letter-queue",
      "queue",
      "rule",
      "queue-policy",
      "target",
      "log-group",
      "role",
      "role-policy",
      "function",
      "mapping",
      "alarm",
    ]);
    expect(ids(replicator.fanOut)).toEqual([
      "log-group",
      "role",
      "role-policy",
      "function",
      "state-machine-role",
      "state-machine-role-policy",
      "state-machine",
      "alarm",
    ]);
    expect(ids(replicator)).toEqual(expect.arrayContaining(["events", "fan-out", "function", "role"]));
  });

  it("run the same zip in the same surroundings as the sweep, each by a handler of its own", () => {
    const { named } = synthesizeDrivers({ memoryMiB: 2048, logRetentionDays: 7, tags: { team: "storage" } });
    const sweep = named("aws_lambda_function", "function");

    const events = named("aws_lambda_function", "events_function");
    const range = named("aws_lambda_function", "fan-out_function");

    for (const driver of [events, range]) {
      for (const same of [
        "filename",
        "source_code_hash",
        "environment",
        "runtime",
        "architectures",
        "memory_size",
        "tags",
      ]) {
        expect([same, driver[same]]).toEqual([same, sweep[same]]);
      }
      expect(driver).not.toHaveProperty("reserved_concurrent_executions");
    }
    expect(sweep.handler).toBe(HANDLERS.sweep);
    expect(events).toMatchObject({ handler: HANDLERS.events, timeout: 300 });
    expect(range).toMatchObject({ handler: HANDLERS.range, timeout: 840 });
    expect(named("aws_cloudwatch_log_group", "events_log-group").retention_in_days).toBe(7);
    expect(named("aws_cloudwatch_log_group", "fan-out_log-group").retention_in_days).toBe(7);
  });

  it("have names within AWS's limits and apart from each other for the longest bucket name", () => {
    const { resources } = synthesizeDrivers({
      primary: { ...examplePrimary, bucketName: "b".repeat(63) },
    });

    const names = (type: string, name = "name") =>
      Object.values(resources[type] ?? {}).map((resource) => String(resource[name]));

    for (const [type, most, count, attribute] of [
      ["aws_lambda_function", 64, 3, "function_name"],
      ["aws_iam_role", 64, 4, "name"],
      ["aws_cloudwatch_event_rule", 64, 2, "name"],
      ["aws_sqs_queue", 80, 3, "name"],
      ["aws_sfn_state_machine", 80, 1, "name"],
    ] as const) {
      const found = names(type, attribute);
      expect([type, new Set(found).size]).toEqual([type, count]);
      expect(Math.max(...found.map((name) => name.length))).toBeLessThanOrEqual(most);
    }
  });

  it("tell the same people as the replicator's own alarms, when the dead-letter queue fills or a fan-out fails", () => {
    const { named } = synthesizeDrivers({ alarmEmails: ["a@example.com"] });

    const deadLetters = named("aws_cloudwatch_metric_alarm", "events_alarm");
    const failed = named("aws_cloudwatch_metric_alarm", "fan-out_alarm");

    expect(deadLetters).toMatchObject({
      namespace: "AWS/SQS",
      metric_name: "ApproximateNumberOfMessagesVisible",
      dimensions: {
        QueueName: expect.stringMatching(/^\$\{aws_sqs_queue\.replicator_events_dead-letter-queue_/),
      },
      threshold: 0,
      comparison_operator: "GreaterThanThreshold",
      treat_missing_data: "notBreaching",
    });
    expect(failed).toMatchObject({
      namespace: "AWS/States",
      metric_name: "ExecutionsFailed",
      dimensions: { StateMachineArn: expect.stringMatching(/^\$\{aws_sfn_state_machine\./) },
    });
    for (const alarm of [deadLetters, failed]) {
      expect(alarm.alarm_actions).toEqual([expect.stringMatching(/^\$\{aws_sns_topic\./)]);
      expect(alarm.ok_actions).toEqual(alarm.alarm_actions);
    }
    expect(synthesizeDrivers().named("aws_cloudwatch_metric_alarm", "events_alarm")).not.toHaveProperty(
      "alarm_actions",
    );
  });
});

describe("events", () => {
  it("are those of the primary's bucket that can be copied, without what replication itself writes", () => {
    const { named } = synthesizeDrivers();

    expect(JSON.parse(String(named("aws_cloudwatch_event_rule", "events_rule").event_pattern))).toEqual({
      source: ["aws.s3"],
      "detail-type": ["Object Created", "Object Tags Added", "Object Tags Deleted"],
      detail: {
        bucket: { name: ["example-assets-primary"] },
        object: {
          key: [
            {
              "anything-but": {
                prefix: [".storage-failover/", "/.storage-failover/", "storage-failover-health.txt"],
              },
            },
          ],
        },
      },
    });
  });

  it("wait in an encrypted queue that only their rule may fill, and become dead letters after five tries", () => {
    const { named } = synthesizeDrivers();
    const queue = named("aws_sqs_queue", "events_queue");

    expect(queue.sqs_managed_sse_enabled).toBe(true);
    expect(JSON.parse(String(queue.redrive_policy))).toEqual({
      deadLetterTargetArn: expect.stringMatching(/^\$\{aws_sqs_queue\.replicator_events_dead-letter-queue_/),
      maxReceiveCount: 5,
    });
    expect(named("aws_sqs_queue", "events_dead-letter-queue")).toMatchObject({
      sqs_managed_sse_enabled: true,
      message_retention_seconds: 14 * 24 * 3600,
    });
    const policy = named("aws_sqs_queue_policy", "events_queue-policy");
    expect(JSON.parse(String(policy.policy)).Statement).toEqual([
      {
        Effect: "Allow",
        Principal: { Service: "events.amazonaws.com" },
        Action: "sqs:SendMessage",
        Resource: expect.stringMatching(/^\$\{aws_sqs_queue\.replicator_events_queue_/),
        Condition: {
          ArnEquals: {
            "aws:SourceArn": expect.stringMatching(/^\$\{aws_cloudwatch_event_rule\.replicator_events_rule_/),
          },
        },
      },
    ]);
    expect(named("aws_cloudwatch_event_target", "events_target")).toMatchObject({
      arn: expect.stringMatching(/^\$\{aws_sqs_queue\.replicator_events_queue_/),
      depends_on: [expect.stringMatching(/^aws_sqs_queue_policy\./)],
    });
  });

  it("reach the function in batches of which it may return a part, a few at a time", () => {
    const { named } = synthesizeDrivers({ eventsMaximumConcurrency: 20 });

    expect(named("aws_lambda_event_source_mapping", "events_mapping")).toMatchObject({
      event_source_arn: expect.stringMatching(/^\$\{aws_sqs_queue\.replicator_events_queue_/),
      function_response_types: ["ReportBatchItemFailures"],
      batch_size: 100,
      maximum_batching_window_in_seconds: 1,
      scaling_config: { maximum_concurrency: 20 },
    });
  });

  it.each([60, 300, 900])("stay hidden for six times the %s s that an invocation may take", (timeout) => {
    const { named } = synthesizeDrivers({ eventsTimeoutSeconds: timeout });

    const visibility = Number(named("aws_sqs_queue", "events_queue").visibility_timeout_seconds);

    expect(named("aws_lambda_function", "events_function").timeout).toBe(timeout);
    expect(visibility).toBeGreaterThanOrEqual(6 * timeout + 1);
    expect(visibility).toBeLessThanOrEqual(43_200);
  });
});

describe("the fan-out", () => {
  const definitionOf = (change: Partial<ReplicatorProps> = {}) =>
    JSON.parse(
      String(synthesizeDrivers(change).named("aws_sfn_state_machine", "fan-out_state-machine").definition),
    );

  it("is a state machine that the language's own rules accept", () => {
    const definition = fanOutDefinition({
      functionArn: "arn:aws:lambda:eu-central-1:123456789012:function:range",
      concurrency: 4,
      toleratedFailurePercent: 5,
    });

    const verdict = validateStates(JSON.parse(JSON.stringify(definition)));

    expect([verdict.isValid, verdict.errorsText()]).toEqual([true, ""]);
  });

  it("would not be accepted with a state that leads nowhere", () => {
    const definition = fanOutDefinition({
      functionArn: "arn:aws:lambda:eu-central-1:123456789012:function:range",
      concurrency: 4,
      toleratedFailurePercent: 5,
    });

    const broken = { ...definition, States: { ...definition.States, Done: undefined } };

    expect(validateStates(JSON.parse(JSON.stringify(broken))).isValid).toBe(false);
  });

  it("plans, does the ranges in executions of their own, and ends well only when all are complete", () => {
    const { StartAt, States } = definitionOf();

    expect(StartAt).toBe("Plan");
    expect(States.Plan.Parameters).toEqual({
      FunctionName: expect.stringMatching(/^\$\{aws_lambda_function\.replicator_fan-out_function_/),
      Payload: { task: "plan" },
    });
    expect(States.Ranges).toMatchObject({
      Type: "Map",
      ItemsPath: "$.ranges",
      ItemSelector: { task: "range", "plan.$": "$.plan", "range.$": "$$.Map.Item.Value" },
      ItemProcessor: { ProcessorConfig: { Mode: "DISTRIBUTED", ExecutionType: "STANDARD" } },
      ResultPath: "$.results",
      Next: "Finish",
    });
    expect(States["Complete?"]).toMatchObject({ Default: "Incomplete" });
    expect(States.Incomplete).toMatchObject({ Type: "Fail" });
  });

  it("asks for a range again as long as something of it remains, and keeps only its result", () => {
    const { States } = definitionOf().States.Ranges.ItemProcessor;

    expect(States.Range).toMatchObject({
      Parameters: { "Payload.$": "$" },
      OutputPath: "$.Payload",
      Next: "Nothing left?",
    });
    expect(States["Nothing left?"]).toEqual({
      Type: "Choice",
      Choices: [{ Variable: "$.done", BooleanEquals: true, Next: "Range done" }],
      Default: "Range",
    });
    expect(States["Range done"]).toEqual({ Type: "Succeed", OutputPath: "$.result" });
  });

  it("tries again whatever may pass, with growing and random pauses, and nothing that is void", () => {
    const definition = definitionOf();

    for (const { Retry } of [definition.States.Plan, definition.States.Ranges.ItemProcessor.States.Range]) {
      expect(Retry).toEqual([
        { ErrorEquals: [FAN_OUT_VOID_ERROR], MaxAttempts: 0 },
        expect.objectContaining({ ErrorEquals: ["States.ALL"], BackoffRate: 2, JitterStrategy: "FULL" }),
      ]);
    }
  });

  it.each([
    [undefined, 4],
    [1, 1],
    [RANGE_OBJECTS_PER_SECOND + 1, 2],
    [20_000, 40],
  ])("of %s objects a second works on %s ranges at a time", (fanOutObjectsPerSecond, concurrency) => {
    expect(definitionOf({ fanOutObjectsPerSecond }).States.Ranges.MaxConcurrency).toBe(concurrency);
  });

  it("gives up when more than the tolerated share of the ranges failed", () => {
    expect(definitionOf().States.Ranges.ToleratedFailurePercentage).toBe(5);
    expect(definitionOf({ fanOutToleratedFailurePercent: 0 }).States.Ranges.ToleratedFailurePercentage).toBe(
      0,
    );
  });

  it("passes the numbers of all ranges, and then all results, in one payload", () => {
    const ranges = Array.from({ length: MOST_RANGES }, (_, range) => range);
    const worst = (range: number): RangeResult => [
      range,
      99_999,
      9_999_999_999_999,
      99_999_999,
      99_999_999,
      99_999_999,
    ];
    const plan: PlanAnswer = { plan: "p".repeat(36), ranges };

    const payload = JSON.stringify({ ...plan, results: ranges.map(worst) });

    // ASCII only: a character is a byte.
    expect(payload.length).toBeLessThan(PAYLOAD_BYTES);
  });

  it("gives the state machine its function and its own executions, and nothing else", () => {
    const { named } = synthesizeDrivers();
    const arn = "arn:aws:states:*:*";
    const name = "storage-failover-example-assets-primary-fan-out";
    const sameAccount = { StringEquals: { "aws:ResourceAccount": "$${aws:PrincipalAccount}" } };

    expect(statementsOf(named("aws_iam_role_policy", "fan-out_state-machine-role-policy"))).toEqual([
      {
        Effect: "Allow",
        Action: ["lambda:InvokeFunction"],
        Resource: [
          expect.stringMatching(/^\$\{aws_lambda_function\.replicator_fan-out_function_[^}]*\.arn\}$/),
        ],
      },
      {
        Effect: "Allow",
        Action: ["states:StartExecution"],
        Resource: [`${arn}:stateMachine:${name}`],
        Condition: sameAccount,
      },
      {
        Effect: "Allow",
        Action: ["states:DescribeExecution", "states:StopExecution", "states:RedriveExecution"],
        Resource: [`${arn}:execution:${name}:*`, `${arn}:execution:${name}/*`],
        Condition: sameAccount,
      },
    ]);
    expect(named("aws_sfn_state_machine", "fan-out_state-machine").name).toBe(name);
    const trust = JSON.parse(String(named("aws_iam_role", "fan-out_state-machine-role").assume_role_policy));
    expect(trust.Statement[0].Principal).toEqual({ Service: "states.amazonaws.com" });
  });
});

describe("bad input", () => {
  const path = (prop: keyof ReplicatorProps) => `replication/replicator/${prop}`;
  const outOfRange: [keyof ReplicatorProps, number, string][] = [
    ["eventsMaximumConcurrency", 1, "whole invocations from 2 to 1000"],
    ["eventsTimeoutSeconds", 901, "whole seconds from 60 to 900"],
    ["eventsMaximumReceives", 0, "whole tries from 1 to 1000"],
    ["fanOutObjectsPerSecond", 0.5, "whole objects a second from 1 to 100000"],
    ["fanOutToleratedFailurePercent", 101, "whole percent from 0 to 100"],
  ];
  const endpoint = "https://s3.example.com";
  const refused: RefusedInput[] = [
    // Looked at even where the driver is off: a number that is wrong now would surprise whoever switches it on.
    ...outOfRange.map(
      ([prop, value, allowed]): RefusedInput => ({
        input: `${value} for ${prop}`,
        attempt: () => createReplicator({ [prop]: value }),
        code: "NUMBER_OUT_OF_RANGE",
        path: path(prop),
        value,
        allowed,
        fix: "choose a number",
      }),
    ),
    ...(
      [
        ["eventsMaximumConcurrency", 20, "events"],
        ["eventsTimeoutSeconds", 120, "events"],
        ["eventsMaximumReceives", 3, "events"],
        ["fanOutObjectsPerSecond", 500, "fanOut"],
        ["fanOutToleratedFailurePercent", 0, "fanOut"],
      ] as const
    ).map(
      ([prop, value, driver]): RefusedInput => ({
        input: `${prop} without ${driver}`,
        attempt: () => createReplicator({ [prop]: value }),
        code: "VALUE_INVALID",
        path: path(prop),
        value,
        allowed: `together with ${driver}`,
        fix: `give ${driver} as well`,
      }),
    ),
    {
      input: "events of a server that sends none",
      attempt: () => createReplicator({ events: true, primary: { ...examplePrimary, endpoint } }),
      code: "VALUE_INVALID",
      path: path("events"),
      value: endpoint,
      allowed: "Amazon S3",
      fix: "leave events away",
    },
  ];

  itRefusesEach(refused);
});
