/** A Markdown table that reads well in a terminal too. */
export function toTable(head: readonly string[], lines: readonly (readonly string[])[]): string {
  const widths = head.map((title, column) =>
    Math.max(title.length, ...lines.map((line) => (line[column] ?? "").length)),
  );
  const draw = (cells: readonly string[]) =>
    `| ${head.map((_title, column) => (cells[column] ?? "").padEnd(widths[column] ?? 0)).join(" | ")} |`;
  return [draw(head), draw(widths.map((width) => "-".repeat(width))), ...lines.map(draw)].join("\n");
}
