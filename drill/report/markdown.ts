import { markdownText } from "./plain-text";
import type { ReportContents, ReportTable, State } from "./report-shape";

const MARKS: Readonly<Record<State, string>> = { good: "✔", bad: "✘", unknown: "–" };

/** The report as GitHub-flavoured Markdown: the page's words without its picture. */
export function reportMarkdown(contents: ReportContents): string {
  const lines = [
    `# ${contents.title}`,
    "",
    `**${markdownText(contents.verdict)}**`,
    "",
    ...contents.shortcomings.map((shortcoming) => `- ✘ ${markdownText(shortcoming)}`),
    ...(contents.shortcomings.length > 0 ? [""] : []),
    markdownText(contents.setting),
    "",
    "| | figure | value | what it means |",
    "|---|---|---|---|",
    ...contents.bigFigures.map(
      ({ label, value, meaning, state }) =>
        `| ${MARKS[state]} | ${markdownText(label)} | **${markdownText(value)}** | ${markdownText(meaning)} |`,
    ),
    "",
    ...contents.tables.flatMap(table),
  ];
  return `${lines.join("\n").trimEnd()}\n`;
}

function table({ title, note, columns, rows }: ReportTable): readonly string[] {
  const row = (cells: readonly string[]) => `| ${cells.map(markdownText).join(" | ")} |`;
  return [
    `## ${markdownText(title)}`,
    "",
    ...(note === undefined ? [] : [markdownText(note), ""]),
    row(columns),
    `|${columns.map(() => "---|").join("")}`,
    ...rows.map(({ cells, state }) =>
      state === undefined
        ? row(cells)
        : row([...cells.slice(0, -1), `${MARKS[state]} ${cells.at(-1) ?? ""}`]),
    ),
    "",
  ];
}
