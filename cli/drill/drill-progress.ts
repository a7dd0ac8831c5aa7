import ora, { type Ora } from "ora";
import type { DrillProgress } from "../../drill/scenario/run-drill";
import type { ScenarioResult } from "../../drill/scenario/run-scenario";
import type { Scenario } from "../../drill/scenario/schema";
import colors from "../colors";
import { scenarioLine } from "./drill-text";

/** A line for each scenario, with a spinner while it lasts on a terminal, and plain lines elsewhere. */
export class TerminalDrillProgress implements DrillProgress {
  private spinner: Ora | undefined;
  private title = "";
  private count = 0;

  constructor(
    private readonly stream: NodeJS.WriteStream,
    private readonly total: number,
  ) {}

  public prepared(seconds: number): void {
    this.print(
      ` ${colors.green("✔")} plans for both values of the toggle  ${colors.dim(`${seconds.toFixed(1)} s`)}\n`,
    );
  }

  public began({ title }: Scenario): void {
    this.count += 1;
    this.title = `${this.count}/${this.total} ${title}`;
    if (!this.stream.isTTY) return;
    this.spinner = ora({ text: this.title, stream: this.stream, discardStdin: false }).start();
  }

  public update(words: string): void {
    if (this.spinner !== undefined) this.spinner.text = `${this.title} ${colors.dim(words)}`;
  }

  public ended(result: ScenarioResult): void {
    this.spinner?.stop();
    this.spinner = undefined;
    this.print(scenarioLine(result));
  }

  /** Ends the line of a scenario that was broken off. */
  public fail(): void {
    this.spinner?.fail();
  }

  public print(line: string): void {
    this.stream.write(`${line}\n`);
  }
}
