import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "@jest/globals";
import { Fn } from "cdktf";
import { METRIC_NAMES, METRICS_DIMENSION, METRICS_NAMESPACE, openMetricName } from "../../contract/metrics";
import { readConfig } from "../../lambda/replicator/config";
import {
  type DashboardBody,
  GRID_COLUMNS,
  type MetricRow,
  type PlacedWidget,
} from "../../lib/replication/dashboard/dashboard-body";
import type { ReplicatorProps } from "../../lib/replication/replicator";
import { exampleReplicator } from "./example-replicator";
import { itRefusesEach, type RefusedInput, refusalOf } from "./refusal";
import type { SynthesizedResource, SynthesizedResources } from "./synthesized-resources";
import { temporaryFolder } from "./temporary-folder";

const { createReplicator, synthesizeReplicator } = exampleReplicator(temporaryFolder());

describe("the alarms", () => {
  const WATCHED = (["lagSeconds", "failedRuns", "conflicts", "runs", "withheldDeletions"] as const).map(
    (key) => METRIC_NAMES[key],
  );

  it("take missing figures of lag and runs for bad news, and of failures, conflicts and withheld deletions for good", () => {
    const { alarm } = synthesizeReplicator();

    expect(alarm(METRIC_NAMES.lagSeconds)).toMatchObject({
      comparison_operator: "GreaterThanThreshold",
      statistic: "Maximum",
      threshold: 900,
      period: 900,
      treat_missing_data: "breaching",
    });
    expect(alarm(METRIC_NAMES.runs)).toMatchObject({
      comparison_operator: "LessThanThreshold",
      threshold: 1,
      treat_missing_data: "breaching",
    });
    for (const metric of [METRIC_NAMES.failedRuns, METRIC_NAMES.conflicts, METRIC_NAMES.withheldDeletions]) {
      expect(alarm(metric)).toMatchObject({
        comparison_operator: "GreaterThanThreshold",
        threshold: 0,
        treat_missing_data: "notBreaching",
      });
    }
  });

  it("look where the replicator writes its metrics", () => {
    const { resources } = synthesizeReplicator();

    const alarms = Object.values(resources.aws_cloudwatch_metric_alarm ?? {});

    expect(alarms.map(({ metric_name }) => String(metric_name)).toSorted()).toEqual(
      [...WATCHED, "NumberOfMessagesSent"].toSorted(),
    );
    for (const alarm of alarms.filter(({ namespace }) => namespace !== "AWS/SQS")) {
      expect(alarm).toMatchObject({
        namespace: METRICS_NAMESPACE,
        dimensions: { [METRICS_DIMENSION]: "example-assets-primary" },
        evaluation_periods: 1,
      });
      expect(Number(alarm.period) % 60).toBe(0);
    }
  });

  it("ring when a run could not be started or was cut off, and end with it: nobody has to empty the queue", () => {
    expect(synthesizeReplicator().alarm("NumberOfMessagesSent")).toMatchObject({
      namespace: "AWS/SQS",
      dimensions: { QueueName: expect.stringMatching(/^\$\{aws_sqs_queue\.replicator_dead-letter-queue_/) },
      statistic: "Sum",
      comparison_operator: "GreaterThanThreshold",
      threshold: 0,
      treat_missing_data: "notBreaching",
    });
  });

  it("give a run that starts late and uses all of its time the chance to end before silence is reported", () => {
    const { alarm } = synthesizeReplicator({ everyMinutes: 10, timeoutSeconds: 601 });

    expect(alarm(METRIC_NAMES.runs).period).toBe((10 + 11) * 60);
  });

  it("let the lag grow to three intervals unless told otherwise", () => {
    expect(synthesizeReplicator({ everyMinutes: 10 }).alarm(METRIC_NAMES.lagSeconds).threshold).toBe(1800);
    expect(synthesizeReplicator({ maximumLagMinutes: 7 }).alarm(METRIC_NAMES.lagSeconds).threshold).toBe(420);
  });

  it("tell everyone who is named, when they begin and when they end", () => {
    const { resources, alarm, only } = synthesizeReplicator({
      alarmEmails: ["a@example.com", "b@example.com"],
    });

    const endpoints = Object.values(resources.aws_sns_topic_subscription ?? {}).map(
      ({ endpoint }) => endpoint,
    );

    expect(new Set(endpoints)).toEqual(new Set(["a@example.com", "b@example.com"]));
    expect(only("aws_sns_topic").name).toBe("storage-failover-example-assets-primary-alarms");
    for (const metric of [...WATCHED, "NumberOfMessagesSent"]) {
      expect(alarm(metric).alarm_actions).toEqual([expect.stringMatching(/^\$\{aws_sns_topic\./)]);
      expect(alarm(metric).ok_actions).toEqual(alarm(metric).alarm_actions);
    }
    expect(synthesizeReplicator().resources).not.toHaveProperty("aws_sns_topic");
  });
});

describe("who is told", () => {
  it("in Slack sees the alarm and its picture, and can do nothing else from the channel", () => {
    const { only } = synthesizeReplicator({ slackWorkspaceId: "T0123ABCD", slackChannelId: "C0123ABCD" });

    expect(only("aws_chatbot_slack_channel_configuration")).toMatchObject({
      slack_team_id: "T0123ABCD",
      slack_channel_id: "C0123ABCD",
      iam_role_arn: expect.stringMatching(/^\$\{aws_iam_role\.replicator_alarms_slack-role_/),
      sns_topic_arns: [expect.stringMatching(/^\$\{aws_sns_topic\./)],
      // Without one, AWS lets the channel do what an administrator may.
      guardrail_policy_arns: ["arn:aws:iam::aws:policy/CloudWatchReadOnlyAccess"],
    });
    expect(only("aws_sns_topic").name).toBe("storage-failover-example-assets-primary-alarms");
  });

  it("by PagerDuty gets SNS's own envelope, at a URL that stands in no file", () => {
    const { only, text } = synthesizeReplicator({ pagerDutySecretName: "oncall/pagerduty" });

    expect(only("aws_sns_topic_subscription")).toMatchObject({
      protocol: "https",
      endpoint: expect.stringMatching(/^\$\{data\.aws_secretsmanager_secret_version\..+\.secret_string\}$/),
      endpoint_auto_confirms: true,
      raw_message_delivery: false,
    });
    expect(Object.values(JSON.parse(text).data.aws_secretsmanager_secret_version)).toEqual([
      expect.objectContaining({ secret_id: "oncall/pagerduty" }),
    ]);
  });

  it("is all of them by one topic, and by none where there is nobody", () => {
    const { resources } = synthesizeReplicator({
      alarmEmails: ["a@example.com"],
      slackWorkspaceId: "T1",
      slackChannelId: "C1",
      pagerDutySecretName: "pagerduty",
    });

    expect(Object.keys(resources.aws_sns_topic ?? {})).toHaveLength(1);
    expect(Object.keys(resources.aws_sns_topic_subscription ?? {})).toHaveLength(2);
    expect(synthesizeReplicator().resources).not.toHaveProperty("aws_sns_topic");
  });
});

describe("the sweep", () => {
  const told: Partial<ReplicatorProps> = {
    heartbeatSecretName: "watch/heartbeat",
    otlpEndpoint: "https://collector.example.com",
    otlpHeadersSecretName: "watch/otlp",
    pushgatewayUrl: "https://push.example.com/base",
    pushgatewayHeadersSecretName: "watch/push",
  };
  const variablesOf = (code: SynthesizedResource = {}) =>
    (code.environment as { variables: Record<string, string> }).variables;

  it("is told whom to tell, as its own configuration reads it, and the drivers are not", () => {
    const { resources } = synthesizeReplicator({ ...told, events: true, fanOut: true });
    const functions = Object.entries(resources.aws_lambda_function ?? {});
    const configOf = (name: string) =>
      readConfig(variablesOf(functions.find(([key]) => key.startsWith(`replicator_${name}function_`))?.[1]));

    expect(configOf("").telling).toEqual({
      heartbeatSecret: "watch/heartbeat",
      otlp: { url: "https://collector.example.com", headersSecret: "watch/otlp" },
      pushgateway: { url: "https://push.example.com/base", headersSecret: "watch/push" },
    });
    for (const driver of ["events_", "fan-out_"]) {
      expect(Object.values(configOf(driver).telling)).toEqual([undefined, undefined, undefined]);
    }
  });

  it("tells nobody unless somebody is named", () => {
    const { only } = synthesizeReplicator();

    const { telling } = readConfig(variablesOf(only("aws_lambda_function")));

    expect(Object.values(telling)).toEqual([undefined, undefined, undefined]);
  });
});

const EVERYTHING: Partial<ReplicatorProps> = {
  events: true,
  fanOut: true,
  heartbeatSecretName: "watch/heartbeat",
};

function dashboardOf(change: Partial<ReplicatorProps> = {}) {
  const { only, resources } = synthesizeReplicator(change);
  const dashboard = only("aws_cloudwatch_dashboard");
  const body = JSON.parse(String(dashboard.dashboard_body)) as DashboardBody;
  return { name: dashboard.dashboard_name, body, resources };
}

function metricsOf(widgets: readonly PlacedWidget[]): MetricRow[] {
  return widgets.flatMap((widget) => (widget.type === "metric" ? [...widget.properties.metrics] : []));
}

/** Metrics of AWS that are shown, with the kind of resource that emits each. */
const EMITTED_BY: Readonly<
  Record<string, readonly [dimension: string, type: string, names: readonly string[]]>
> = {
  "AWS/Lambda": ["FunctionName", "aws_lambda_function", ["Duration", "Errors", "Throttles"]],
  "AWS/SQS": [
    "QueueName",
    "aws_sqs_queue",
    ["ApproximateNumberOfMessagesVisible", "ApproximateAgeOfOldestMessage"],
  ],
  "AWS/States": [
    "StateMachineArn",
    "aws_sfn_state_machine",
    ["ExecutionsStarted", "ExecutionsSucceeded", "ExecutionsFailed"],
  ],
};

/** Whether somebody emits the metric: the replicator, or a resource of this plan. */
function isEmitted([namespace, name, dimension, value]: MetricRow, resources: SynthesizedResources): boolean {
  if (namespace === METRICS_NAMESPACE) {
    const isKnown = Object.values<string>(METRIC_NAMES).includes(name);
    return isKnown && dimension === METRICS_DIMENSION && value === "example-assets-primary";
  }
  const [expected, type = "", names = []] = EMITTED_BY[namespace] ?? [];
  const reference = /^\$\{(\w+)\.([\w-]+)\.\w+\}$/.exec(value);
  const exists = reference?.[1] === type && (reference[2] ?? "") in (resources[type] ?? {});
  return exists && dimension === expected && names.includes(name);
}

describe("the dashboard", () => {
  it.each([
    ["by default", {}, 14],
    ["with everything on", EVERYTHING, 17],
  ])(
    "%s fills a grid of 24 columns, without a gap from the left and nothing over anything",
    (_how, change, count) => {
      const { widgets } = dashboardOf(change).body;

      const taken = new Set<string>();
      let cells = 0;
      for (const { x, y, width, height } of widgets) {
        expect(x + width).toBeLessThanOrEqual(GRID_COLUMNS);
        expect([x, y, width, height].every((one) => Number.isInteger(one) && one >= 0)).toBe(true);
        if (x > 0) expect(taken).toContain(`${x - 1} ${y}`);
        for (let column = x; column < x + width; column += 1) {
          for (let row = y; row < y + height; row += 1) taken.add(`${column} ${row}`);
        }
        cells += width * height;
      }
      expect(taken.size).toBe(cells);
      expect(widgets).toHaveLength(count);
    },
  );

  it.each([
    ["by default", {}],
    ["with everything on", EVERYTHING],
  ])("%s shows only what somebody emits, in the region where it is emitted", (_how, change) => {
    const { body, resources } = dashboardOf(change);
    const rows = metricsOf(body.widgets);

    expect(rows.length).toBeGreaterThan(15);
    expect(rows.filter((row) => !isEmitted(row, resources))).toEqual([]);
    for (const widget of body.widgets.filter(({ type }) => type === "metric")) {
      expect(widget.properties).toMatchObject({
        region: expect.stringMatching(/^\$\{aws_lambda_function\.replicator_function_\w+\.region\}$/),
      });
    }
  });

  it("shows every figure that the replicator tells", () => {
    const shown = new Set(metricsOf(dashboardOf(EVERYTHING).body.widgets).map(([, name]) => name));

    expect(Object.values(METRIC_NAMES).filter((name) => !shown.has(name))).toEqual([]);
  });

  it("draws the objective into the lag, and the limits that end a run", () => {
    const { widgets } = dashboardOf({ maximumLagMinutes: 7, timeoutSeconds: 600, memoryMiB: 2048 }).body;

    const lines = widgets.flatMap((widget) =>
      widget.type === "metric" ? (widget.properties.annotations?.horizontal ?? []) : [],
    );

    expect(lines.map(({ label, value }) => [label, value])).toEqual([
      ["objective: 7 min", 420],
      ["the sweep is cut off", 600_000],
      ["2048 MiB given", 2048 * 1024 * 1024],
    ]);
  });

  it("begins with every alarm, and says what to do", () => {
    const { body, resources } = dashboardOf(EVERYTHING);

    const alarms = body.widgets.flatMap((widget) =>
      widget.type === "alarm" ? widget.properties.alarms : [],
    );
    const texts = body.widgets.flatMap((widget) =>
      widget.type === "text" ? [widget.properties.markdown] : [],
    );

    expect(new Set(alarms).size).toBe(Object.keys(resources.aws_cloudwatch_metric_alarm ?? {}).length);
    expect(texts).toEqual([expect.stringContaining("storage-failover conflicts")]);
  });

  it("has the replicator's name, and can be left away", () => {
    expect(dashboardOf({ functionName: "mirror" }).name).toBe("mirror");
    expect(synthesizeReplicator({ dashboard: false }).resources).not.toHaveProperty(
      "aws_cloudwatch_dashboard",
    );
  });
});

describe("docs/watching.md", () => {
  const guide = readFileSync(join(__dirname, "..", "..", "docs", "watching.md"), "utf8");

  it("explains every alarm, and no other", () => {
    const { resources } = synthesizeReplicator({ ...EVERYTHING, functionName: "mirror" });
    const alarms = Object.values(resources.aws_cloudwatch_metric_alarm ?? {}).map(({ alarm_name }) =>
      String(alarm_name).replace("mirror-", "…-"),
    );

    const explained = [...guide.matchAll(/^\| `(…-[\w-]+)` \|/gm)].map((row) => row[1] ?? "");

    expect(explained.toSorted()).toEqual(alarms.toSorted());
  });

  it("explains every figure by both of its names", () => {
    const rows = guide.split("\n").filter((line) => /^\| `[A-Z]\w+`/.test(line));
    const namesIn = (cell: string) => [...cell.matchAll(/`([\w…]+)`/g)].map((match) => match[1] ?? "");

    const explained = rows.flatMap((row) => namesIn(row.split("|")[1] ?? ""));
    const opened = rows
      .flatMap((row) => namesIn(row.split("|")[2] ?? ""))
      .map((name) => name.replace("…", "storage_failover"));

    expect(explained.toSorted()).toEqual(Object.values<string>(METRIC_NAMES).toSorted());
    const { heartbeatFailures, exportFailures, ...exported } = METRIC_NAMES;
    expect([heartbeatFailures, exportFailures].every((name) => explained.includes(name))).toBe(true);
    expect(opened.toSorted()).toEqual(Object.values<string>(exported).map(openMetricName).toSorted());
  });
});

describe("bad input", () => {
  const path = (prop: keyof ReplicatorProps) => `replication/replicator/${prop}`;
  const invalid: [
    change: Partial<ReplicatorProps>,
    prop: keyof ReplicatorProps,
    value: unknown,
    allowed: string,
    fix: string,
  ][] = [
    [
      { alarmEmails: ["oncall@example.com", "oncall"] },
      "alarmEmails",
      "oncall",
      "different e-mail addresses",
      "one a text",
    ],
    [
      { slackWorkspaceId: "T1" },
      "slackChannelId",
      undefined,
      "slackChannelId",
      "leave slackWorkspaceId away",
    ],
    [
      { slackChannelId: "C1" },
      "slackWorkspaceId",
      undefined,
      "slackWorkspaceId",
      "leave slackChannelId away",
    ],
    [
      { slackWorkspaceId: "T1", slackChannelId: "#alerts" },
      "slackChannelId",
      "#alerts",
      "capital letters and digits",
      "the id, not the name",
    ],
    [
      { alarmEmails: ["a@example.com", "b@example.com", "a@example.com"] },
      "alarmEmails",
      "a@example.com",
      "different e-mail addresses",
      "name each once",
    ],
    [
      { alarmEmails: [Fn.lower("A@EXAMPLE.COM")] },
      "alarmEmails",
      "(reference)",
      "a plain string",
      "write the value",
    ],
    [
      { pagerDutySecretName: "https://events.pagerduty.com/x/key" },
      "pagerDutySecretName",
      "(hidden)",
      "name of a secret",
      "give the secret's name",
    ],
    [{ heartbeatSecretName: "" }, "heartbeatSecretName", "(hidden)", "name of a secret", "into a secret"],
    [{ otlpHeadersSecretName: "otlp" }, "otlpEndpoint", undefined, "otlpEndpoint", "give otlpEndpoint"],
    [
      { pushgatewayHeadersSecretName: "p" },
      "pushgatewayUrl",
      undefined,
      "pushgatewayUrl",
      "give pushgatewayUrl",
    ],
    [{ otlpEndpoint: "http://collector" }, "otlpEndpoint", "http://collector", "https", "into a secret"],
    [{ otlpEndpoint: "https://user:pass@c.example/" }, "otlpEndpoint", "(hidden)", "https", "into a secret"],
    [
      { pushgatewayUrl: "https://c.example/?token=x" },
      "pushgatewayUrl",
      "(hidden)",
      "https",
      "into a secret",
    ],
  ];
  const refused = invalid.map(
    ([change, prop, value, allowed, fix]): RefusedInput => ({
      input: JSON.stringify(change),
      attempt: () => createReplicator(change),
      code: "VALUE_INVALID",
      path: path(prop),
      value,
      allowed,
      fix,
    }),
  );

  itRefusesEach(refused);

  it("that may be a secret is not repeated", () => {
    const refusals = [
      { heartbeatSecretName: "https://hc.example.com/canary" },
      { otlpEndpoint: "https://canary@collector.example.com" },
    ].map((change) => refusalOf(() => createReplicator(change)).message);

    expect(refusals.join("")).not.toContain("canary");
  });
});
