import { expect, it } from "@jest/globals";
import { ConfigurationError, type ConfigurationProblem } from "../../lib/configuration-error";

/** What `action` is refused with; a test that expects a refusal fails when there is none. */
export function refusalOf(action: () => unknown): ConfigurationError {
  try {
    action();
  } catch (error) {
    if (error instanceof ConfigurationError) {
      return error;
    }
    throw error;
  }
  throw new Error("accepted, although a refusal was expected");
}

/** One line of a table of bad input. */
export interface RefusedInput extends Pick<ConfigurationProblem, "code" | "path" | "value"> {
  readonly input: string;
  readonly attempt: () => unknown;
  /** Words that must stand among the allowed values. */
  readonly allowed: string;
  /** Words that must stand in the advice. */
  readonly fix: string;
}

/** Makes a test of each line: refused with code, place and value, and with advice that helps. */
export function itRefusesEach(table: readonly RefusedInput[]): void {
  it.each(table)("refuses $input with $code, and says what to change", ({ attempt, ...expected }) => {
    const refusal = refusalOf(attempt);

    const { code, path, value } = refusal;
    expect({ code, path, value }).toEqual({
      code: expected.code,
      path: expected.path,
      value: expected.value,
    });
    expect(refusal.allowed).toContain(expected.allowed);
    expect(refusal.fix).toContain(expected.fix);
    expect(refusal.message).toContain(`[${code}] at ${path}: `);
  });
}
