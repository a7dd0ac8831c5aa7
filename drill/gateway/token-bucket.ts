/** Lets through what keeps to a rate, and as much at once as the rate allows in a second. */
export class TokenBucket {
  private tokens: number;
  private filledAt: number | undefined;

  /** @param perSecond - above 0 */
  constructor(private readonly perSecond: number) {
    this.tokens = Math.max(1, perSecond);
  }

  /** @param nowSeconds - by any clock that does not go back */
  public take(nowSeconds: number): boolean {
    const passed = nowSeconds - (this.filledAt ?? nowSeconds);
    this.filledAt = nowSeconds;
    this.tokens = Math.min(Math.max(1, this.perSecond), this.tokens + passed * this.perSecond);
    if (this.tokens < 1) return false;
    this.tokens -= 1;
    return true;
  }
}
