import { duration } from "../../drill/report/wording";
import colors from "../colors";
import { LiveLine } from "../progress/live-line";
import type { WalkProgress, WalkWork } from "./walk-context";

const TITLE_WIDTH = 14;

/** Shorter than this says nothing. */
const SHOWN_FROM_SECONDS = 0.1;

/** A line for each step that is done, and one below for each longer piece of work in it; what lasts is shown on terminals. */
export class TerminalWalk implements WalkProgress {
  constructor(private readonly stream: NodeJS.WriteStream) {}

  public work(name: string): WalkWork {
    const began = performance.now();
    let latest = "";
    const line = new LiveLine(this.stream, () => `${name}  ${colors.dim(latest)}`);
    return {
      update: (text) => {
        latest = text;
      },
      done: (result) => {
        line.stop();
        this.print(colors.dim(`   ${name}: ${result}${timeSince(began)}`));
      },
      fail: () => line.stop(),
    };
  }

  public done(title: string, result: string, details: readonly string[], began: number): void {
    this.print(` ${colors.green("✔")} ${title.padEnd(TITLE_WIDTH)} ${result}${colors.dim(timeSince(began))}`);
    for (const detail of details) this.print(`     ${colors.dim(detail)}`);
  }

  private print(line: string): void {
    this.stream.write(`${line}\n`);
  }
}

/** @param began - by the monotonic clock, in milliseconds */
function timeSince(began: number): string {
  const seconds = (performance.now() - began) / 1000;
  return seconds < SHOWN_FROM_SECONDS ? "" : `  ${duration(seconds)}`;
}
