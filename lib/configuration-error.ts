import type { ConfigurationErrorCode } from "./configuration-error-codes";

/** What a refusal says, in parts. */
export interface ConfigurationProblem {
  /** Stable, so that pipelines may match on it. */
  readonly code: ConfigurationErrorCode;
  /** Where the value was given: a construct path with the prop (`app/primary/bucketName`), or a variable or file. */
  readonly path: string;
  /** What is wrong, in lower case, without value, allowed values or fix. */
  readonly what: string;
  /** The refused value; a secret is given as `"(hidden)"`. */
  readonly value: unknown;
  /** The values that would be accepted, as a person would list them. */
  readonly allowed: string;
  /** What to change. */
  readonly fix: string;
}

/** A configuration that cannot work. The message says what, where, which value, which are allowed, and what to change. */
export class ConfigurationError extends Error implements ConfigurationProblem {
  public override readonly name = "ConfigurationError";
  public readonly code: ConfigurationErrorCode;
  public readonly path: string;
  public readonly what: string;
  public readonly value: unknown;
  public readonly allowed: string;
  public readonly fix: string;

  constructor(problem: ConfigurationProblem) {
    super(
      `[${problem.code}] at ${problem.path}: ${problem.what} (value: ${shown(problem.value)}; allowed: ${problem.allowed}); ${problem.fix}`,
    );
    this.code = problem.code;
    this.path = problem.path;
    this.what = problem.what;
    this.value = problem.value;
    this.allowed = problem.allowed;
    this.fix = problem.fix;
  }
}

/** Longest value that a message repeats, in characters. */
const MOST_CHARACTERS = 500;

/** The value as JSON, cut where it is long; what cannot be JSON, such as a construct, is named by its kind. */
function shown(value: unknown): string {
  if (typeof value === "number" && !Number.isFinite(value)) {
    return String(value);
  }
  try {
    const text = JSON.stringify(value) ?? (value === undefined ? "none" : `a ${typeof value}`);
    return text.length > MOST_CHARACTERS ? `${text.slice(0, MOST_CHARACTERS)}…` : text;
  } catch {
    return typeof value === "bigint" ? `${value}n` : "an object that cannot be shown";
  }
}
