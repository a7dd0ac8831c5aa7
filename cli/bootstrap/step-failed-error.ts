/** A step came to its end without success. What was done before it holds. */
export class StepFailedError extends Error {
  public override readonly name = "StepFailedError";

  /** @param kind - `wanting`: something is wrong here; `unreachable`: something needed did not answer, or not in time */
  constructor(
    message: string,
    public readonly kind: "wanting" | "unreachable",
  ) {
    super(message);
  }
}
