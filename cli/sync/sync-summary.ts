import { amount, byteSize, duration, grouped } from "../../drill/report/wording";
import { EXCEPTION_KINDS, type ExceptionKind, type RunReport } from "../../lambda/replicator/report";
import colors from "../colors";
import { wantingKeys } from "./sync-outcome";

/** More would push the summary's meaning off the screen; `--json` has 1,000. */
const SHOWN = 10;

const NEXT_STEP: Readonly<Record<ExceptionKind, string>> = {
  conflict: "written on both sides; see: storage-failover conflicts",
  late: "written on the destination before it was standby; see: storage-failover conflicts",
  deleted: "deleted on the destination, not brought back; see: storage-failover conflicts",
  stray: "only on the destination, left there; see: storage-failover strays",
  withheld: "deleted on the source, more than may be deleted at once; see: --max-delete",
  unsupported: "the destination cannot hold them",
  failed: "not done; the same command tries again",
};

/** The end of `sync`, able to stand alone. */
export function syncSummary(report: RunReport): string {
  const { dryRun, copied, copiedBytes, unchanged, removed, exceptionCounts } = report;
  const seconds = (Date.parse(report.endedAt) - Date.parse(report.startedAt)) / 1000;
  const would = dryRun ? "would copy" : "copied";
  const lines = [
    cell(
      would,
      `${amount(copied, "object")}, ${byteSize(copiedBytes)}${dryRun ? "" : ` in ${duration(seconds)}`}`,
    ),
    (removed > 0 || dryRun) &&
      cell(dryRun ? "would delete" : "deleted", `${grouped(removed)}, by delete markers`),
    cell("unchanged", grouped(unchanged)),
    ...EXCEPTION_KINDS.filter((kind) => exceptionCounts[kind] > 0).map((kind) =>
      cell(kind, `${grouped(exceptionCounts[kind])}   ${colors.dim(NEXT_STEP[kind])}`),
    ),
    ...named(report),
    report.unversioned?.length &&
      cell("no versions", "a side keeps none: only absent keys and replicas are written, nothing is deleted"),
    !dryRun && report.syncPoint && cell("lag", lag(report.syncPoint, report)),
    "",
    ` ${verdict(report)}`,
  ];
  return lines.filter((line) => typeof line === "string").join("\n");
}

/** Strays are left alone on purpose, and may be many. */
function named({ exceptions }: RunReport): readonly string[] {
  const wanting = exceptions.filter(({ kind }) => kind !== "stray");
  const hidden = wanting.length - SHOWN;
  return [
    ...wanting
      .slice(0, SHOWN)
      .map(({ key, kind, reason }) => `     ${colors.yellow(kind)} ${key}: ${reason}`),
    ...(hidden > 0 ? [`     … and more; --json names 1,000`] : []),
  ];
}

function verdict(report: RunReport): string {
  const { reason } = report;
  switch (report.outcome) {
    case "clean":
      return cleanVerdict(report);
    case "failed":
      return colors.red(
        "the end was reached, and some keys could not be done; the same command tries them again",
      );
    case "incomplete":
      return colors.yellow("stopped before the end; the same command goes on from there");
    case "stopped":
      return colors.red(`stopped: ${reason ?? "the reason is not known"}`) + credentialsHint(reason);
    case "yielded":
      return colors.yellow(
        `nothing was done: ${reason ?? "another run is under way"}; try again when it has ended`,
      );
  }
}

function cleanVerdict(report: RunReport): string {
  const wanting = wantingKeys(report);
  const undone =
    wanting > 0 && colors.yellow(`${amount(wanting, "key")} of the source not on the destination`);
  const end = report.dryRun ? "dry run: nothing was changed" : "done";
  return undone ? `${end}; ${undone}` : colors.green(end);
}

/** A store says no with 403 whatever the reason is. */
function credentialsHint(reason: string | undefined): string {
  if (reason === undefined || !/\b403\b/.test(reason)) return "";
  return "\n   check that side's credentials (FROM_… or TO_…) and what they may do; see: storage-failover sync --help";
}

function lag(syncPoint: string, report: RunReport): string {
  const seconds = Math.max(0, (Date.parse(report.endedAt) - Date.parse(syncPoint)) / 1000);
  const aside = wantingKeys(report) > 0 ? ", the keys above aside" : "";
  return `${duration(seconds)}: everything written before ${syncPoint} is there${aside}`;
}

function cell(name: string, value: string): string {
  return `   ${name.padEnd(12)} ${value}`;
}
