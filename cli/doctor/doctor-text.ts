import colors from "../colors";
import { wrapped } from "../wrapped-text";
import type { Checked, FindingStatus } from "./check";

const MARK: Readonly<Record<FindingStatus, string>> = {
  ok: colors.green("✔"),
  warning: colors.yellow("!"),
  problem: colors.red("✘"),
  skipped: colors.dim("–"),
};

/** A check with what was found, each thing on a line of its own, and what is to be done. */
export function checkedText({ title, status, found, fix }: Checked): string {
  const lines = [
    ` ${MARK[status]} ${title}`,
    ...found.split("\n").map((line) => wrapped("     ", line)),
    ...(fix === undefined ? [] : [wrapped("     → ", fix)]),
  ];
  return lines.join("\n");
}

/** The end of `doctor`, able to stand alone. */
export function doctorSummary(checked: readonly Checked[]): string {
  const count = (status: FindingStatus) => checked.filter((one) => one.status === status).length;
  const [problems, warnings, skipped] = [count("problem"), count("warning"), count("skipped")];
  const told = [
    problems > 0 && colors.red(`${problems} to be put right`),
    warnings > 0 && colors.yellow(`${warnings} to be looked at`),
    problems + warnings === 0 && colors.green("well"),
    skipped > 0 && `${skipped} not checked`,
  ];
  return `\n ${told.filter((text) => text !== false).join(", ")}`;
}
