import ora, { type Ora } from "ora";

const REDRAWN_EVERY_MILLISECONDS = 250;

/** A terminal that says how wide it is; some pseudo-terminals say 0, which ora would count up to for ever. */
export function isDisplay(stream: NodeJS.WriteStream): boolean {
  return stream.isTTY && stream.columns > 0;
}

/**
 * One line on standard error that tells how far the work is; on a terminal only, so that pipes and logs hold the
 * outcome and nothing else.
 */
export class LiveLine {
  private readonly spinner: Ora | undefined;
  private readonly timer: NodeJS.Timeout | undefined;

  /** @param text - asked a few times a second */
  constructor(stream: NodeJS.WriteStream, text: () => string) {
    if (!isDisplay(stream)) return;
    this.spinner = ora({ text: text(), stream, discardStdin: false }).start();
    this.timer = setInterval(() => {
      if (this.spinner) this.spinner.text = text();
    }, REDRAWN_EVERY_MILLISECONDS);
    this.timer.unref();
  }

  /** Removes the line. */
  public stop(): void {
    clearInterval(this.timer);
    this.spinner?.stop();
  }
}
