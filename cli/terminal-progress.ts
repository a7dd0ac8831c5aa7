import ora, { type Ora } from "ora";
import type { ProgressStep, RunProgress } from "../drill/stage/progress";
import colors from "./colors";

const NAME_WIDTH = 36;

/** A step a line, with a spinner while it lasts on a terminal, and plain lines elsewhere. */
export class TerminalProgress implements RunProgress {
  private spinner: Ora | undefined;

  constructor(private readonly stream: NodeJS.WriteStream) {}

  public step(name: string): ProgressStep {
    const began = performance.now();
    const spinner = ora({
      text: name,
      stream: this.stream,
      isEnabled: this.stream.isTTY,
      discardStdin: false,
    });
    this.spinner = spinner;
    // Without a terminal, ora would print each text; a pipe gets the outcome only.
    if (this.stream.isTTY) spinner.start();
    return {
      update: (text) => {
        if (this.stream.isTTY) spinner.text = `${name.padEnd(NAME_WIDTH)} ${colors.dim(text)}`;
      },
      done: (result, ...lines) => {
        spinner.stop();
        const seconds = `${((performance.now() - began) / 1000).toFixed(1)} s`;
        this.print(` ${colors.green("✔")} ${name.padEnd(NAME_WIDTH)} ${result}  ${colors.dim(seconds)}`);
        for (const line of lines) this.print(`     ${colors.dim(line)}`);
      },
    };
  }

  public note(text: string): void {
    this.print(` ${colors.cyan("▶")} ${text}`);
  }

  /** Ends the line of a step that did not end well. */
  public fail(): void {
    if (this.stream.isTTY) this.spinner?.fail();
  }

  public print(line: string): void {
    this.stream.write(`${line}\n`);
  }
}
