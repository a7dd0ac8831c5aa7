import type { DashboardRow, MetricRow, Statistic } from "./dashboard-body";
import { fanOutRows, functionsRow, queuesRow } from "./machinery-rows";
import { COLORS, FROM_ZERO, metricWidget, own, type WatchedReplicator } from "./metric-widgets";

/** From what matters most to what explains it. */
export function dashboardRows(watched: WatchedReplicator): DashboardRow[] {
  return [
    headline(watched),
    lag(watched),
    work(watched),
    functionsRow(watched),
    queuesRow(watched),
    ...fanOutRows(watched),
  ];
}

function headline(watched: WatchedReplicator): DashboardRow {
  const single = (title: string, stat: Statistic, metrics: readonly MetricRow[], period?: number) =>
    metricWidget(watched, { title, view: "singleValue", sparkline: true, stat, metrics, period });
  return {
    height: 5,
    widgets: [
      [
        5,
        single("Standby is behind", "Maximum", [
          own(watched, "lagSeconds", "seconds", { color: COLORS.blue }),
        ]),
      ],
      [
        4,
        single("Last run took", "Maximum", [own(watched, "runSeconds", "seconds", { color: COLORS.grey })]),
      ],
      [
        5,
        single(
          "Runs in an hour",
          "Sum",
          [
            own(watched, "runs", "ended", { color: COLORS.green }),
            own(watched, "failedRuns", "failed", { color: COLORS.red }),
          ],
          3600,
        ),
      ],
      [
        5,
        single("Waiting for a person", "Maximum", [
          own(watched, "conflicts", "conflicts", { color: COLORS.red }),
          own(watched, "withheldDeletions", "deletions withheld", { color: COLORS.purple }),
        ]),
      ],
      [5, { type: "alarm", properties: { title: "Alarms", alarms: watched.alarmArns } }],
    ],
  };
}

function lag(watched: WatchedReplicator): DashboardRow {
  const objective = watched.maximumLagMinutes * 60;
  const chart = metricWidget(watched, {
    title: "How far the standby is behind: what would be lost if the active store were gone now",
    stat: "Maximum",
    metrics: [own(watched, "lagSeconds", "lag", { color: COLORS.blue })],
    yAxis: { left: { label: "seconds", min: 0, showUnits: false } },
    annotations: {
      horizontal: [
        {
          label: `objective: ${watched.maximumLagMinutes} min`,
          value: objective,
          color: COLORS.red,
          fill: "above",
        },
      ],
    },
  });
  return {
    height: 7,
    widgets: [
      [16, chart],
      [8, { type: "text", properties: { markdown: whatToDo(watched) } }],
    ],
  };
}

function whatToDo({ primaryBucket, secondaryBucket, everyMinutes, markerName }: WatchedReplicator): string {
  return [
    `## ${primaryBucket} ⇄ ${secondaryBucket}`,
    `A run every ${everyMinutes} min. Which store is active: \`dig +short TXT ${markerName}\`.`,
    "",
    "| you see | do |",
    "|---|---|",
    '| lag grows | read the last line with `"event":"run"` in the sweep\'s log: `outcome` and `reason` |',
    "| no runs | is the schedule on, is a dead letter there, does the function start? |",
    "| conflicts | `storage-failover conflicts` shows both sides; choose one for each key |",
    "| deletions withheld | was that many meant? Then raise `maximumDeletions` for one run |",
    "| strays | `storage-failover strays`; nothing is deleted without proof |",
    "| dead letters | objects that could not be copied; the sweep goes on trying |",
  ].join("\n");
}

function work(watched: WatchedReplicator): DashboardRow {
  return {
    height: 6,
    widgets: [
      [
        8,
        metricWidget(watched, {
          title: "Objects in a run",
          stat: "Sum",
          stacked: true,
          metrics: [
            own(watched, "copiedObjects", "copied", { color: COLORS.green }),
            own(watched, "removedObjects", "removed", { color: COLORS.orange }),
            own(watched, "failedObjects", "failed", { color: COLORS.red }),
            own(watched, "unchangedObjects", "unchanged (right)", { color: COLORS.grey, yAxis: "right" }),
          ],
          yAxis: FROM_ZERO,
        }),
      ],
      [
        8,
        metricWidget(watched, {
          title: "Bytes copied in a run",
          stat: "Sum",
          metrics: [own(watched, "copiedBytes", "bytes", { color: COLORS.green })],
          yAxis: FROM_ZERO,
        }),
      ],
      [
        8,
        metricWidget(watched, {
          title: "Keys that are not equal, by reason",
          stat: "Maximum",
          metrics: [
            own(watched, "conflicts", "conflicts", { color: COLORS.red }),
            own(watched, "withheldDeletions", "deletions withheld", { color: COLORS.purple }),
            own(watched, "strays", "strays", { color: COLORS.orange }),
            own(watched, "unsupportedObjects", "unsupported", { color: COLORS.grey }),
          ],
          yAxis: FROM_ZERO,
        }),
      ],
    ],
  };
}
