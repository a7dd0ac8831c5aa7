import type { RunReport } from "../../lambda/replicator/report";
import { EXIT } from "../exit-codes";

/** Keys that the source has, or has deleted, and the destination not equally. */
export function wantingKeys({ exceptionCounts }: RunReport): number {
  return WANTING.reduce((sum, kind) => sum + exceptionCounts[kind], 0);
}

/** Kinds that leave a key of the source without its equal on the destination. */
const WANTING = ["conflict", "late", "deleted", "unsupported", "withheld", "failed"] as const;

/** What the end of a sync means to whoever called it. */
export function syncExitCode(report: RunReport, interrupted: boolean): number {
  switch (report.outcome) {
    case "incomplete":
      return interrupted ? EXIT.interrupted : EXIT.unreachable;
    case "stopped":
    case "yielded":
      return EXIT.unreachable;
    case "failed":
      return EXIT.wanting;
    case "clean":
      return wantingKeys(report) > 0 ? EXIT.wanting : EXIT.done;
  }
}
