import { ConfigurationError, type ConfigurationProblem } from "../configuration-error";

/** A value that cannot work. */
export function invalid(problem: Omit<ConfigurationProblem, "code">): ConfigurationError {
  return new ConfigurationError({ code: "VALUE_INVALID", ...problem });
}

/** A prop that nothing would read, because another is not given: whoever gave it expects something of it. */
export function withoutEffect(path: string, value: unknown, needed: string): ConfigurationError {
  return invalid({
    path,
    what: `this has no effect without ${needed}`,
    value,
    allowed: `any accepted value together with ${needed}, else none`,
    fix: `give ${needed} as well, or leave this away`,
  });
}
