import { shell } from "./markdown";

/** One thing to do, with what one must see before the next. */
export interface RunbookStep {
  /** An instruction. */
  readonly title: string;
  /** Ready to be pasted; empty where nothing is typed. */
  readonly commands: readonly string[];
  /** More, each to be pasted alone: which one is for the reader to say. */
  readonly ways?: readonly { readonly title: string; readonly command: string }[];
  /** What one must see; otherwise stop. */
  readonly see: string;
  /** Expected, and last measured where a drill did. */
  readonly takes: string;
  /** How to get out at this point. */
  readonly undo: string;
}

/** @param section - its number: steps are called by it, as in "3.2" on the telephone */
export function stepsText(section: number, steps: readonly RunbookStep[]): string {
  return steps
    .map(({ title, commands, ways = [], see, takes, undo }, index) =>
      [
        `**${section}.${index + 1} ${title}**`,
        ...(commands.length === 0 ? [] : ["", shell(...commands)]),
        ...ways.flatMap((way) => ["", way.title, "", shell(way.command)]),
        "",
        `- See: ${see}`,
        `- Takes: ${takes}`,
        `- Back out: ${undo}`,
      ].join("\n"),
    )
    .join("\n\n");
}
