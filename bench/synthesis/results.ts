import { median } from "../statistics";
import { toTable } from "../table";
import type { Sample, Subject } from "./measure";

export interface Row {
  readonly name: string;
  readonly command: string;
  readonly medianSeconds: number;
  readonly leastSeconds: number;
  readonly mostSeconds: number;
  /** Median over the runs. */
  readonly peakMiB: number;
  /** Medians of this subject divided by those of another one, in the same rounds. */
  readonly ratio?: { readonly to: string; readonly time: number; readonly memory: number };
}

/** @throws Error when a subject is compared with one that was not measured */
export function toRows(
  subjects: readonly Subject[],
  samples: ReadonlyMap<string, readonly Sample[]>,
): readonly Row[] {
  const medians = (name: string) => {
    const of = samples.get(name);
    if (of === undefined || of.length === 0) throw new Error(`"${name}" was not measured`);
    return {
      seconds: median(of.map(({ seconds }) => seconds)),
      peakMiB: median(of.map(({ peakMiB }) => peakMiB)),
    };
  };
  return subjects.map(({ name, command, args, comparedWith }) => {
    const own = medians(name);
    const times = (samples.get(name) ?? []).map(({ seconds }) => seconds);
    const base = comparedWith === undefined ? undefined : medians(comparedWith);
    return {
      name,
      command: [command, ...args].join(" "),
      medianSeconds: own.seconds,
      leastSeconds: Math.min(...times),
      mostSeconds: Math.max(...times),
      peakMiB: own.peakMiB,
      ...(comparedWith !== undefined &&
        base !== undefined && {
          ratio: { to: comparedWith, time: own.seconds / base.seconds, memory: own.peakMiB / base.peakMiB },
        }),
    };
  });
}

export function synthesisTable(rows: readonly Row[]): string {
  const lines = rows.map((row) => [
    row.name,
    `${row.medianSeconds.toFixed(2)} s`,
    `${row.leastSeconds.toFixed(2)}–${row.mostSeconds.toFixed(2)} s`,
    `${row.peakMiB.toFixed(0)} MiB`,
    row.ratio === undefined
      ? ""
      : `${row.ratio.time.toFixed(1)}x time, ${row.ratio.memory.toFixed(1)}x memory of "${row.ratio.to}"`,
  ]);
  return toTable(["what", "median", "spread", "peak memory", "ratio"], lines);
}
