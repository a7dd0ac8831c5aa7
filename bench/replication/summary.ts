import { type Measured, measured } from "../statistics";
import { CONTENDERS, type ContenderName, OURS } from "./contenders";
import type { Cost } from "./measured-run";
import type { Sample } from "./rounds";
import { bytesOf, type Workload } from "./workloads";

/** What came out for one contender in one workload. */
export interface Row {
  readonly workload: string;
  readonly contender: ContenderName;
  readonly title: string;
  readonly objects: number;
  /** Processor time less that of a run on empty stores, in microseconds per object or per MB, as the workload says. */
  readonly cpuMicroseconds: Measured;
  /** Processor time of the whole run, its start included, in seconds. */
  readonly cpuSeconds: Measured;
  readonly wallSeconds: Measured;
  /** Objects per second of wall time, the start included. */
  readonly objectsPerSecond: Measured;
  readonly peakMiB: Measured;
  /** To both stores, without those of the program's own state. */
  readonly requestsPerObject: number;
  /** Median processor time per object against ours; absent for ours. */
  readonly cpuRatio?: number;
  /** How what arrived differs from the original: names of headers, `tags`, `etag`. */
  readonly lost: readonly string[];
}

const MICROSECONDS = 1e6;
const MIB = 1024 * 1024;

/** Medians over the rounds, and each contender's against ours. */
export function summarize(workloads: readonly Workload[], samples: readonly Sample[]): readonly Row[] {
  return workloads.flatMap((workload) => {
    const rows = workload.entries.flatMap(({ contender }) => {
      const own = samples.filter((one) => one.workload === workload.name && one.contender === contender);
      return own.length === 0 ? [] : [rowOf(workload, contender, own)];
    });
    const ours = rows.find(({ contender }) => contender === OURS);
    return rows.map((row) =>
      row === ours || ours === undefined
        ? row
        : { ...row, cpuRatio: row.cpuMicroseconds.median / ours.cpuMicroseconds.median },
    );
  });
}

function rowOf(workload: Workload, contender: ContenderName, samples: readonly Sample[]): Row {
  const units = ({ objects }: Sample) =>
    workload.per === "MB" ? (objects * bytesOf(workload)) / 1e6 : objects;
  const over = (figure: (sample: Sample) => number) => measured(samples.map(figure));
  return {
    workload: workload.name,
    contender,
    title: CONTENDERS[contender].title,
    objects: samples[0]?.objects ?? 0,
    cpuMicroseconds: over(
      (one) => ((cpuSeconds(one.cost) - cpuSeconds(one.empty)) / units(one)) * MICROSECONDS,
    ),
    cpuSeconds: over((one) => cpuSeconds(one.cost)),
    wallSeconds: over((one) => one.cost.wallSeconds),
    objectsPerSecond: over((one) => one.objects / one.cost.wallSeconds),
    peakMiB: over((one) => one.cost.peakBytes / MIB),
    requestsPerObject: over((one) => requestsForObjects(one) / one.objects).median,
    lost: lostIn(samples),
  };
}

function cpuSeconds({ userSeconds, systemSeconds }: Cost): number {
  return userSeconds + systemSeconds;
}

function requestsForObjects({ requests: { state: _state, ...others } }: Sample): number {
  return Object.values(others).reduce((sum, times) => sum + times, 0);
}

function lostIn(samples: readonly Sample[]): readonly string[] {
  const names = samples.flatMap(({ check }) => [
    ...check.lost,
    ...(check.sameEtag < check.expected ? ["etag"] : []),
  ]);
  return [...new Set(names)].sort();
}
