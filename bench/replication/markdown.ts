import type { Measured } from "../statistics";
import { toTable } from "../table";
import { OURS } from "./contenders";
import type { Row } from "./summary";
import { type Judged, judge } from "./targets";
import { WORKLOADS, type Workload } from "./workloads";

/** How the figures were made, and how to read them. */
const HOW = `Each program runs on one processor core, two in-memory S3 servers on another one, all on one machine over loopback. All
take turns in each round. **CPU** is user and system time of the program, less that of the same program on empty stores just before,
so that starting up does not count; **whole run** counts it. **Ratio** compares medians of CPU with this replicator's. After each run the server compares what arrived with what was sent, by CRC-32 of all bytes: the figures are of
complete copies only. **Requests** go to both stores together, listings included.

What they do is not equal. This replicator stamps each copy, keeps the ETag (of multipart objects too), writes under conditions, copies all
headers and tags, and keeps leases, epochs and checkpoints in the stores: all that is in its figures. *Lost* names what a program did not carry over.
The second contender is this replicator with \`@aws-sdk/client-s3\` in place of its own S3 client. The copy-everything replicator is the usual
blueprint (list, get whole, put, one at a time) on the SDK's defaults. Slow programs get fewer objects, as the tables say, because the rest would only take longer. rclone runs with
\`--fast-list --checksum\` and as many checkers as transfers, 64 where nothing else is said.`;

export function replicationMarkdown(rows: readonly Row[]): string {
  const tables = WORKLOADS.flatMap((workload) => {
    const own = rows.filter((row) => row.workload === workload.name);
    return own.length === 0 ? [] : [`### ${capital(workload.title)}\n\n${workloadTable(workload, own)}`];
  });
  return [HOW, `### Targets\n\n${targetTable(judge(rows))}`, ...tables].join("\n\n");
}

export function workloadTable({ per }: Workload, rows: readonly Row[]): string {
  return toTable(
    [
      "program",
      "objects",
      `CPU per ${per}`,
      "spread",
      "ratio",
      "whole run",
      "objects/s",
      "peak memory",
      "requests per object",
      "lost",
    ],
    rows.map((row) => [
      row.contender === OURS ? `**${row.title}**` : row.title,
      row.objects.toLocaleString("en"),
      microseconds(row.cpuMicroseconds.median),
      spread(row.cpuMicroseconds, microseconds),
      row.cpuRatio === undefined ? "1" : `${row.cpuRatio.toFixed(2)}x`,
      `${row.cpuSeconds.median.toFixed(2)} s CPU, ${row.wallSeconds.median.toFixed(2)} s`,
      row.objectsPerSecond.median < 10
        ? row.objectsPerSecond.median.toFixed(2)
        : Math.round(row.objectsPerSecond.median).toLocaleString("en"),
      `${row.peakMiB.median.toFixed(0)} MiB`,
      requests(row.requestsPerObject),
      row.lost.join(", "),
    ]),
  );
}

function targetTable(judged: readonly Judged[]): string {
  const verdict = (met: boolean | undefined) => (met === undefined ? "–" : met ? "met" : "**missed**");
  return toTable(
    ["target", "wanted", "reached", ""],
    judged.map(({ text, wanted, reached, met }) => [text, wanted, reached, verdict(met)]),
  );
}

function microseconds(value: number): string {
  if (value < 10) return `${value.toFixed(2)} µs`;
  return value < 10_000 ? `${Math.round(value).toLocaleString("en")} µs` : `${(value / 1000).toFixed(1)} ms`;
}

function spread({ least, most }: Measured, show: (value: number) => string): string {
  return `${show(least)} – ${show(most)}`;
}

function requests(value: number): string {
  return value < 0.1 ? value.toFixed(4) : value.toFixed(2);
}

function capital(text: string): string {
  return text.slice(0, 1).toUpperCase() + text.slice(1);
}
