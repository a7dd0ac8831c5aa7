import type { Comparison } from "../../drill/virtual/comparison";
import { type FigureRow, figureRows, shown, shownDifference } from "../../drill/virtual/figure-rows";
import type { VirtualReport } from "../../drill/virtual/virtual-report";
import colors from "../colors";

const BARS = "▁▂▃▄▅▆▇█";
const COLUMNS = ["best", "median", "95 %", "worst", "mean", "predicted", ""];

/** The figures of one plan: a line each, with how often what was measured. */
export function virtualFigures(report: VirtualReport): string {
  const rows = figureRows(report.figures);
  const width = Math.max(...rows.map(({ title }) => title.length));
  const head = [" ".repeat(width + 3), ...COLUMNS.map((column) => column.padStart(12))].join("");
  return [colors.dim(head.trimEnd()), ...rows.map((row) => figureLine(row, width))].join("\n");
}

function figureLine({ title, unit, figure }: FigureRow, width: number): string {
  const { measured, predicted, agrees } = figure;
  const mark = agrees ? colors.green("✔") : colors.red("✘");
  const values = [
    measured.best,
    measured.median,
    measured.p95,
    measured.worst,
    measured.mean,
    predicted.mean,
  ];
  const cells = values.map((value) => shown(value, unit).padStart(12)).join("");
  const bars = measured.worst > 0 ? bar(measured.histogram.counts) : "";
  return ` ${mark} ${title.padEnd(width)}${cells}${shownDifference(figure).padStart(9)}   ${bars}`.trimEnd();
}

/** Median, 95 % and worst for each value, a line each. */
export function comparisonTable({ name, rows }: Comparison): string {
  const [first] = rows;
  if (first === undefined) return "";
  const titles = figureRows(first.figures).map(({ short }) => short);
  const table = [
    [name, ...titles],
    ...rows.map(({ value, figures }) => [
      value.toLocaleString("en-US"),
      ...figureRows(figures).map(({ unit, figure: { measured } }) =>
        [measured.median, measured.p95, measured.worst]
          .map((each) => shown(each, unit).replace(` ${unit}`, ""))
          .join(" · "),
      ),
    ]),
  ];
  // Turned around: the values side by side, since the titles are long.
  const lines = table[0]?.map((_, column) => table.map((row) => row[column] ?? "")) ?? [];
  const widths = table.map((row) => Math.max(...row.map((cell) => cell.length)));
  return [
    `median · 95 % · worst, in seconds or writes`,
    ...lines.map(
      (cells) =>
        ` ${cells.map((cell, index) => (index === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart((widths[index] ?? 0) + 3))).join("")}`,
    ),
  ].join("\n");
}

function bar(counts: readonly number[]): string {
  const most = Math.max(...counts, 1);
  return counts
    .map((count) =>
      count === 0 ? " " : (BARS[Math.min(BARS.length - 1, Math.floor((count / most) * BARS.length))] ?? ""),
    )
    .join("");
}
