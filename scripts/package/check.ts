/** Something that must hold of the package, as a line of `npm run check:package`. */
export interface Check {
  readonly name: string;
  /**
   * @returns the figure to show
   * @throws CheckFailure when it does not hold, CheckSkipped when this machine cannot tell
   */
  readonly run: () => Promise<string> | string;
}

/** Every reason, a line each, with what to do about it. */
export class CheckFailure extends Error {
  public override readonly name = "CheckFailure";

  public constructor(public readonly reasons: readonly string[]) {
    super(reasons.join("\n"));
  }
}

/** The message says what is missing. */
export class CheckSkipped extends Error {
  public override readonly name = "CheckSkipped";
}

/** @throws CheckFailure unless there is nothing to say */
export function failWith(reasons: readonly string[]): void {
  if (reasons.length > 0) throw new CheckFailure(reasons);
}

export type Outcome = "passed" | "failed" | "skipped";

/** Runs one check and prints a line: mark, name, figure, seconds; below it, why it failed. */
export async function report({ name, run }: Check): Promise<Outcome> {
  const startedAt = Date.now();
  const line = (mark: string, figure: string) => {
    const seconds = `${((Date.now() - startedAt) / 1000).toFixed(1)} s`;
    console.log(` ${mark} ${name.padEnd(15)} ${figure.padEnd(64)} ${seconds.padStart(8)}`);
  };
  try {
    line("✔", await run());
    return "passed";
  } catch (error) {
    if (error instanceof CheckSkipped) {
      line("–", `skipped: ${error.message}`);
      return "skipped";
    }
    const reasons = error instanceof CheckFailure ? error.reasons : [String(error)];
    line("✘", reasons.length === 1 ? "1 fault" : `${reasons.length} faults`);
    for (const reason of reasons) console.log(`     ${reason.replaceAll("\n", "\n     ")}`);
    return "failed";
  }
}
