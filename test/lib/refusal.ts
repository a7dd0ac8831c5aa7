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
