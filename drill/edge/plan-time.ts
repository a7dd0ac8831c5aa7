/** Turns the plan's seconds into milliseconds of this machine. */
export class PlanTime {
  constructor(
    /** Plan seconds that pass in one real second. */
    private readonly speed: number,
    /** Least milliseconds of any time-out, so that a busy machine does not fail what only waits for a turn. */
    private readonly minimumTimeoutMilliseconds: number,
  ) {
    if (!(speed > 0)) throw new RangeError(`speed must be above 0, not ${speed}`);
  }

  public milliseconds(planSeconds: number): number {
    return (planSeconds * 1000) / this.speed;
  }

  public timeoutMilliseconds(planSeconds: number): number {
    return Math.max(this.milliseconds(planSeconds), this.minimumTimeoutMilliseconds);
  }

  public planSeconds(milliseconds: number): number {
    return (milliseconds * this.speed) / 1000;
  }
}
