/** A table; cells may hold anything but are kept on one line. */
export function table(columns: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.map(cell).join(" | ")} |`;
  return [line(columns), `|${columns.map(() => "---").join("|")}|`, ...rows.map(line)].join("\n");
}

/** What is pasted into a shell. */
export function shell(...commands: readonly string[]): string {
  return ["```sh", ...commands, "```"].join("\n");
}

export function quote(text: string): string {
  return text
    .split("\n")
    .map((line) => (line === "" ? ">" : `> ${line}`))
    .join("\n");
}

export function code(text: string): string {
  return `\`${text}\``;
}

export function link(text: string, url: string): string {
  return `[${text}](${url})`;
}

function cell(text: string): string {
  return text.replaceAll(/\s*\n\s*/g, " ").replaceAll("|", "\\|");
}
