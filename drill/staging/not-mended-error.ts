/** What was broken could not be mended; the journal still says what it is. */
export class NotMendedError extends Error {
  public override readonly name = "NotMendedError";
}
