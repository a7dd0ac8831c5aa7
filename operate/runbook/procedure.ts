import { shell } from "./markdown";

/** One thing to do, with what one must see before the next. */
export interface RunbookStep {
  /** An instruction. */
  readonly title: string;
  /** Ready to be pasted; empty where nothing is typed. */
  readonly commands: readonly string[];
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
    .map(({ title, commands, see, takes, undo }, index) =>
      [
        `**${section}.${index + 1} ${title}**`,
        ...(commands.length === 0 ? [] : ["", shell(...commands)]),
        "",
        `- See: ${see}`,
        `- Takes: ${takes}`,
        `- Back out: ${undo}`,
      ].join("\n"),
    )
    .join("\n\n");
}
