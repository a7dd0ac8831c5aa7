/** The destination cannot hold this object. */
export class UnsupportedObjectError extends Error {
  public override readonly name = "UnsupportedObjectError";
}
