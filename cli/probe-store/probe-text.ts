import { amount } from "../../drill/report/wording";
import colors from "../colors";
import type { ProbedCapability, ProbeReport, Verdict } from "./probe-store";

const MARK: Readonly<Record<ProbedCapability["result"], string>> = {
  yes: colors.green("✔"),
  no: colors.red("✘"),
  unknown: colors.yellow("?"),
};

const VERDICT: Readonly<Record<Verdict, string>> = {
  suitable: colors.green("suitable"),
  "suitable-without-deletions": colors.yellow(
    "suitable without deletions: it is replicated into, and nothing is ever deleted there",
  ),
  "not-suitable": colors.red("not suitable: replication would not be safe"),
  undecided: colors.yellow("undecided: something that is needed could not be tried"),
};

/** One capability, and under it what its lack means. */
export function capabilityText({ title, result, detail, means }: ProbedCapability): string {
  const seen = detail === undefined ? "" : `   ${colors.dim(detail)}`;
  return ` ${MARK[result]} ${title}${seen}${means === undefined ? "" : `\n     ${means}`}`;
}

/** The end of `probe-store`, able to stand alone. */
export function probeSummary({ verdict, capabilities, left }: ProbeReport): string {
  const limits = capabilities.filter(({ need, result }) => need === "exceptions" && result !== "yes").length;
  const lines = [
    "",
    ` ${VERDICT[verdict]}`,
    limits > 0 && `   ${amount(limits, "limit")}, each told above`,
    left.length > 0 &&
      `   ${colors.yellow("left behind")}: ${left.map((key) => JSON.stringify(key)).join(", ")}; these credentials may not remove them`,
  ];
  return lines.filter((line) => line !== false).join("\n");
}
