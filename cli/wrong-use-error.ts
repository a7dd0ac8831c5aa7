/** The command cannot mean anything as it was given; the message says what to change. */
export class WrongUseError extends Error {
  public override readonly name = "WrongUseError";
}
