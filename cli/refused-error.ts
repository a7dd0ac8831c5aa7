export interface RefusalReason {
  /** What stands against it. */
  readonly reason: string;
  /** The option or command that would clear it. */
  readonly remedy: string;
}

/** What was asked for is understood and not done; every reason at once, each with what would clear it. */
export class RefusedError extends Error {
  public override readonly name = "RefusedError";

  /** @param what - what was asked for, as in `sync into primary` */
  constructor(
    what: string,
    public readonly reasons: readonly RefusalReason[],
  ) {
    const lines = reasons.map(({ reason, remedy }) => `  ✘ ${reason}\n    ${remedy}`);
    super(`${what} refused\n\n${lines.join("\n")}`);
  }
}
