/** An answer of the S3 protocol that is no success. */
export class S3Refusal extends Error {
  public override readonly name = "S3Refusal";

  constructor(
    public readonly status: number,
    public readonly code: string,
    message: string,
    public readonly headers: Readonly<Record<string, string>> = {},
  ) {
    super(message);
  }
}

export function noSuchKey(key: string, headers: Readonly<Record<string, string>> = {}): S3Refusal {
  return new S3Refusal(404, "NoSuchKey", `the key ${JSON.stringify(key)} does not exist`, headers);
}

export function preconditionFailed(): S3Refusal {
  return new S3Refusal(412, "PreconditionFailed", "at least one of the preconditions did not hold");
}
