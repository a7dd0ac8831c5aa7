import type { DashboardRow, MetricRowOptions, Statistic, Widget } from "./dashboard-body";
import { COLORS, FROM_ZERO, metric, metricWidget, own, type WatchedReplicator } from "./metric-widgets";

const SERIES = Object.values(COLORS);

/** What the functions cost, and where they end. */
export function functionsRow(watched: WatchedReplicator): DashboardRow {
  const { timeoutSeconds, memoryMiB } = watched;
  const ofEach = (name: string, more: string, stat: Statistic, offset = 0) =>
    watched.functions.map(({ label, functionName }, index) =>
      metric("AWS/Lambda", name, "FunctionName", functionName, {
        label: `${label} ${more}`.trim(),
        color: SERIES[(index + offset) % SERIES.length],
        stat,
      }),
    );
  return {
    height: 6,
    widgets: [
      [
        8,
        metricWidget(watched, {
          title: "How long functions take",
          stat: "Maximum",
          metrics: ofEach("Duration", "", "Maximum"),
          yAxis: { left: { label: "milliseconds", min: 0, showUnits: false } },
          annotations: {
            horizontal: [{ label: "the sweep is cut off", value: timeoutSeconds * 1000, color: COLORS.red }],
          },
        }),
      ],
      [
        8,
        metricWidget(watched, {
          title: "Errors and throttles of functions",
          stat: "Sum",
          metrics: [...ofEach("Errors", "errors", "Sum"), ...ofEach("Throttles", "throttled", "Sum", 3)],
          yAxis: FROM_ZERO,
        }),
      ],
      [
        8,
        metricWidget(watched, {
          title: "Memory of the sweep",
          stat: "Maximum",
          metrics: [own(watched, "memoryBytes", "held at most", { color: COLORS.blue })],
          yAxis: { left: { label: "bytes", min: 0, showUnits: false } },
          annotations: {
            horizontal: [
              { label: `${memoryMiB} MiB given`, value: memoryMiB * 1024 * 1024, color: COLORS.red },
            ],
          },
        }),
      ],
    ],
  };
}

/** What waits, and what was given up. */
export function queuesRow(watched: WatchedReplicator): DashboardRow {
  const { eventsQueues, deadLetterQueueName, tellsOthers } = watched;
  const ofQueue = (queueName: string, name: string, options: MetricRowOptions) =>
    metric("AWS/SQS", name, "QueueName", queueName, options);
  const waiting = "ApproximateNumberOfMessagesVisible";
  const deadLetters: Widget = metricWidget(watched, {
    title: "Dead letters",
    stat: "Maximum",
    metrics: [
      ofQueue(deadLetterQueueName, waiting, { label: "runs", color: COLORS.red }),
      ...(eventsQueues
        ? [ofQueue(eventsQueues.deadLetterQueueName, waiting, { label: "events", color: COLORS.orange })]
        : []),
    ],
    yAxis: FROM_ZERO,
  });
  const events = eventsQueues && [
    metricWidget(watched, {
      title: "Events that wait",
      stat: "Maximum",
      metrics: [
        ofQueue(eventsQueues.queueName, waiting, { label: "messages", color: COLORS.blue }),
        ofQueue(eventsQueues.queueName, "ApproximateAgeOfOldestMessage", {
          label: "seconds of the oldest (right)",
          color: COLORS.purple,
          yAxis: "right",
        }),
      ],
      yAxis: FROM_ZERO,
    }),
  ];
  const told = tellsOthers
    ? [
        metricWidget(watched, {
          title: "Others that could not be told",
          stat: "Sum",
          metrics: [
            own(watched, "heartbeatFailures", "heartbeats", { color: COLORS.red }),
            own(watched, "exportFailures", "exports", { color: COLORS.orange }),
          ],
          yAxis: FROM_ZERO,
        }),
      ]
    : [];
  const all = [deadLetters, ...(events ?? []), ...told];
  return { height: 6, widgets: all.map((widget) => [8, widget]) };
}

/** None without a fan-out. */
export function fanOutRows(watched: WatchedReplicator): DashboardRow[] {
  const { stateMachineArn } = watched;
  if (stateMachineArn === undefined) return [];
  const executions = (name: string, label: string, color: string) =>
    metric("AWS/States", name, "StateMachineArn", stateMachineArn, { label, color });
  const widget = metricWidget(watched, {
    title: "Fan-outs",
    stat: "Sum",
    metrics: [
      executions("ExecutionsStarted", "started", COLORS.blue),
      executions("ExecutionsSucceeded", "succeeded", COLORS.green),
      executions("ExecutionsFailed", "failed", COLORS.red),
    ],
    yAxis: FROM_ZERO,
  });
  return [{ height: 6, widgets: [[24, widget]] }];
}
