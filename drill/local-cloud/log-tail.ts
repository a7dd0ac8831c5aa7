import { readFileSync } from "node:fs";

const LINES = 15;

/** The last lines of a log file, indented, for an error's text. */
export function logTail(logFile: string): string {
  let text: string;
  try {
    text = readFileSync(logFile, "utf8");
  } catch {
    return "  (it printed nothing)";
  }
  const lines = text.split("\n").filter((line) => line.trim() !== "");
  return lines.length === 0
    ? "  (it printed nothing)"
    : lines
        .slice(-LINES)
        .map((line) => `  ${line}`)
        .join("\n");
}
