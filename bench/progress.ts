/** Says on standard error what the bench does, one line a step; standard output belongs to the result. */
export class Progress {
  private done = 0;
  private readonly startedAt = Date.now();

  /** @param steps - how many there will be */
  constructor(private readonly steps: number) {}

  public note(text: string): void {
    console.error(`   ${text}`);
  }

  public finished(what: string, figure: string): void {
    this.done += 1;
    const left = ((Date.now() - this.startedAt) / this.done) * (this.steps - this.done);
    const rest =
      this.done === this.steps ? "" : `   ${this.done} of ${this.steps}, about ${duration(left)} left`;
    console.error(` ✔ ${what.padEnd(58)} ${figure.padStart(24)}${rest}`);
  }
}

function duration(milliseconds: number): string {
  const seconds = Math.round(milliseconds / 1000);
  return seconds < 90 ? `${seconds} s` : `${Math.round(seconds / 60)} min`;
}
