/** The events cannot be a run: nothing can be computed from them. */
export class EvidenceError extends Error {
  public override readonly name = "EvidenceError";
}
