/** A file that holds no facts, or those of another version. */
export class FactsMalformedError extends Error {
  public override readonly name = "FactsMalformedError";
}

/** There is no such file; the message says how to get it. */
export class FactsMissingError extends Error {
  public override readonly name = "FactsMissingError";
}
