import { amount, byteSize, duration, grouped } from "../../drill/report/wording";
import colors from "../colors";
import type { Depth } from "./compare-key";
import { ASPECTS } from "./difference";
import type { VerifyReport } from "./verify-report";

/** More would push the summary's meaning off the screen; `--json` and `--report` have more. */
const SHOWN = 20;

const WHAT: Readonly<Record<Depth, string>> = {
  listings: "keys, sizes and ETags",
  headers: "keys, sizes, ETags, headers and user metadata",
  bytes: "keys, bytes, headers, user metadata and tags",
};

/** The end of `verify`, able to stand alone. */
export function verifySummary(report: VerifyReport, reportFile: string | undefined): string {
  const { differences, unreadableKeys, different } = report;
  const seconds = (Date.parse(report.endedAt) - Date.parse(report.startedAt)) / 1000;
  const lines = [
    ...differences
      .slice(0, SHOWN)
      .flatMap(({ key, findings }) => [
        ` ${colors.red("✘")} ${key}`,
        ...findings.map(({ aspect, detail }) => `     ${aspect}: ${detail}`),
      ]),
    ...more(different - Math.min(SHOWN, differences.length), reportFile),
    ...unreadableKeys
      .slice(0, SHOWN)
      .map(({ key, reason }) => ` ${colors.yellow("?")} ${key}: could not be read: ${reason}`),
    `   ${verdict(report)}`,
    `   compared     ${amount(report.keys, "key")} by ${WHAT[report.compared]} in ${duration(seconds)}`,
    report.bytesRead > 0 && `   read         ${byteSize(report.bytesRead)}, of both sides together`,
    report.equalInSpiteOfEtags > 0 &&
      `   ETags        ${amount(report.equalInSpiteOfEtags, "object")} with other ETags and the same bytes`,
    different > 0 && `   different    ${grouped(different)}: ${aspects(report)}`,
    report.unreadable > 0 && `   unreadable   ${grouped(report.unreadable)}`,
    reportFile && `   report       ${reportFile}`,
  ];
  return lines.filter((line) => line !== false && line !== undefined).join("\n");
}

function verdict({ outcome, reason, different, unreadable }: VerifyReport): string {
  if (outcome === "equal") return colors.green("equal");
  if (outcome === "different")
    return colors.red(`${amount(different, "key")} ${different === 1 ? "differs" : "differ"}`);
  return colors.yellow(
    `not finished: ${reason ?? `${amount(unreadable, "key")} could not be read`}; what was found holds, and there may be more`,
  );
}

function aspects({ differencesByAspect }: VerifyReport): string {
  return ASPECTS.filter((aspect) => differencesByAspect[aspect] > 0)
    .map((aspect) => `${aspect} ${grouped(differencesByAspect[aspect])}`)
    .join(", ");
}

function more(count: number, reportFile: string | undefined): readonly string[] {
  if (count <= 0) return [];
  const where =
    reportFile === undefined ? "give --report <file> for all of them" : `all are in ${reportFile}`;
  return [`   … and ${grouped(count)} more; ${where}`];
}
