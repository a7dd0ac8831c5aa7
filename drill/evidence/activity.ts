import type { ExceptionKind } from "../../lambda/replicator/report";
import type { RunHistory, Span } from "./run-history";

export interface ReadFigures {
  readonly total: number;
  readonly failed: number;
  /** Failed though no store was broken on purpose at that time. */
  readonly failedOutsideOutages: number;
}

export interface WriteFigures {
  readonly acknowledged: number;
  /** Sent, and no answer came. */
  readonly unknown: number;
  readonly refused: number;
}

export interface ReplicationFigures {
  readonly runs: number;
  readonly copied: number;
  readonly bytes: number;
  /** Delete markers that carried a deletion over. */
  readonly removed: number;
}

export interface ParityFigures {
  readonly checks: number;
  /** Objects and bytes of the last check. */
  readonly objects: number;
  readonly bytes: number;
  /** Of all checks. */
  readonly differences: readonly ParityDifference[];
  /** Keys that the last check left out by name. */
  readonly exceptions: readonly string[];
}

export interface ParityDifference {
  readonly moment: string;
  readonly key: string;
  readonly what: string;
}

export interface NamedException {
  readonly key: string;
  /** The latest reason given. */
  readonly reason: string;
}

export function readFigures(history: RunHistory): ReadFigures {
  const reads = history.of("read");
  const failed = reads.filter(({ outcome }) => outcome === "failed");
  const outages = history.storeFaults.map((fault): Span => ({ at: fault.at, end: fault.end }));
  const explained = (read: Span) => outages.some(({ at, end }) => read.end >= at && read.at < end);
  return {
    total: reads.length,
    failed: failed.length,
    failedOutsideOutages: failed.filter((read) => !explained(read)).length,
  };
}

export function writeFigures(history: RunHistory): WriteFigures {
  const count = (outcome: keyof WriteFigures) =>
    history.of("write").filter((write) => write.outcome === outcome).length;
  return { acknowledged: count("acknowledged"), unknown: count("unknown"), refused: count("refused") };
}

export function replicationFigures(history: RunHistory): ReplicationFigures {
  const reports = history.of("replication").map(({ report }) => report);
  return {
    runs: reports.length,
    copied: reports.reduce((sum, { copied }) => sum + copied, 0),
    bytes: reports.reduce((sum, { copiedBytes }) => sum + copiedBytes, 0),
    removed: reports.reduce((sum, { removed }) => sum + removed, 0),
  };
}

/** Null when the stores were never compared. */
export function parityFigures(history: RunHistory): ParityFigures | null {
  const checks = history.of("parity");
  const last = checks.at(-1);
  if (last === undefined) return null;
  return {
    checks: checks.length,
    objects: last.objects,
    bytes: last.bytes,
    differences: checks.flatMap(({ moment, differences }) =>
      differences.map(({ key, what }) => ({ moment, key, what })),
    ),
    exceptions: [...last.exceptions].sort(),
  };
}

/** Every exception that any run named, by kind and key. */
export function exceptionFigures(
  history: RunHistory,
): Readonly<Record<ExceptionKind, readonly NamedException[]>> {
  const reports = history.of("replication").flatMap(({ report }) => report.exceptions);
  const ofKind = (kind: ExceptionKind): readonly NamedException[] => {
    const reasons = new Map(
      reports.filter((one) => one.kind === kind).map(({ key, reason }) => [key, reason]),
    );
    return [...reasons]
      .map(([key, reason]) => ({ key, reason }))
      .sort((left, right) => (left.key < right.key ? -1 : 1));
  };
  return {
    conflict: ofKind("conflict"),
    late: ofKind("late"),
    deleted: ofKind("deleted"),
    stray: ofKind("stray"),
    withheld: ofKind("withheld"),
    unsupported: ofKind("unsupported"),
    failed: ofKind("failed"),
  };
}
