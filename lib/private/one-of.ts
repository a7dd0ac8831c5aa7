import { Token } from "cdktf";
import { ConfigurationError, type ConfigurationProblem } from "../configuration-error";

/**
 * A word out of a list: TypeScript holds this for its own callers, and for nobody who reads a file or a variable. A value
 * that is not known yet passes.
 *
 * @throws ConfigurationError VALUE_INVALID
 */
export function checkOneOf<T extends string | number>(
  value: string | number,
  allowed: readonly T[],
  path: string,
  advice: Pick<ConfigurationProblem, "what" | "fix">,
): T {
  const known = allowed.find((one) => one === value);
  if (known !== undefined) return known;
  if (Token.isUnresolved(value)) return value as T;
  throw new ConfigurationError({ code: "VALUE_INVALID", path, value, allowed: listed(allowed), ...advice });
}

/** As in `a, b or c`. */
function listed(allowed: readonly (string | number)[]): string {
  const last = allowed.at(-1) ?? "nothing";
  return allowed.length < 2 ? String(last) : `${allowed.slice(0, -1).join(", ")} or ${last}`;
}
