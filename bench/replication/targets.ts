import type { ContenderName } from "./contenders";
import { OURS } from "./contenders";
import type { Row } from "./summary";

/** What this replicator is meant to reach, in figures of one run. */
export interface Target {
  readonly text: string;
  readonly bound: "at least" | "at most";
  readonly value: number;
  readonly unit: "x" | "MB";
  /** Undefined when a contender that it takes was not measured. */
  readonly reached: (rows: Find) => number | undefined;
}

export interface Judged {
  readonly text: string;
  /** As in `at least 3x`. */
  readonly wanted: string;
  readonly reached: string;
  /** Undefined: not measured. */
  readonly met?: boolean;
}

type Find = (workload: string, contender: ContenderName) => Row | undefined;

const timesLessCpu = (text: string, workload: string, contender: ContenderName, value: number): Target => ({
  text,
  bound: "at least",
  value,
  unit: "x",
  reached: (find) => find(workload, contender)?.cpuRatio,
});

const peakUnder = (text: string, workload: string, value: number): Target => ({
  text,
  bound: "at most",
  value,
  unit: "MB",
  reached: (find) => {
    const peak = find(workload, OURS)?.peakMiB.median;
    return peak === undefined ? undefined : (peak * 1024 * 1024) / 1e6;
  },
});

export const TARGETS: readonly Target[] = [
  timesLessCpu("small objects: less CPU than rclone --checksum", "small", "rclone", 3),
  timesLessCpu("small objects: less CPU than rclone --metadata", "small", "rclone-metadata", 3.5),
  timesLessCpu("small objects: less CPU than rclone --s3-no-head", "small", "rclone-no-head", 2.3),
  timesLessCpu("small objects: less CPU than on the AWS SDK", "small", "sdk", 6),
  timesLessCpu("a million unchanged objects: less CPU than rclone", "unchanged", "rclone", 8),
  peakUnder("a million unchanged objects: peak memory", "unchanged", 200),
  peakUnder("an object of 1 GB: peak memory", "huge", 200),
  {
    text: "objects of 50 MB: CPU per MB against rclone's",
    bound: "at most",
    value: 1.5,
    unit: "x",
    reached: (find) => {
      const ratio = find("large", "rclone")?.cpuRatio;
      return ratio === undefined ? undefined : 1 / ratio;
    },
  },
  {
    text: "20 ms away: objects per second against rclone's best",
    bound: "at least",
    value: 2,
    unit: "x",
    reached: (find) => {
      const ours = find("small-20ms", OURS);
      const theirs = (["rclone-256", "rclone-no-head-256"] as const).flatMap(
        (contender) => find("small-20ms", contender)?.objectsPerSecond.median ?? [],
      );
      if (ours === undefined || theirs.length === 0) return undefined;
      return ours.objectsPerSecond.median / Math.max(...theirs);
    },
  },
];

export function judge(rows: readonly Row[]): readonly Judged[] {
  const find: Find = (workload, contender) =>
    rows.find((row) => row.workload === workload && row.contender === contender);
  return TARGETS.map(({ text, bound, value, unit, reached }) => {
    const shown = (figure: number) => (unit === "x" ? `${figure.toFixed(2)}x` : `${figure.toFixed(0)} MB`);
    const wanted = `${bound} ${unit === "x" ? `${value}x` : `${value} MB`}`;
    const figure = reached(find);
    if (figure === undefined) return { text, wanted, reached: "not measured" };
    const met = bound === "at least" ? figure >= value : figure <= value;
    const factor = bound === "at least" ? value / figure : figure / value;
    return {
      text,
      wanted,
      reached: met ? shown(figure) : `${shown(figure)}, missed by ${factor.toFixed(2)}x`,
      met,
    };
  });
}
