import { Token } from "cdktf";
import { ConfigurationError } from "../configuration-error";

/**
 * What other stacks are told about a store must be a plain string. A token would tie their state to this
 * one's, so that a failed cloud could block the plan of a healthy one.
 *
 * @throws ConfigurationError VALUE_INVALID
 */
export function checkKnownAtSynth(value: string, path: string): void {
  if (!Token.isUnresolved(value)) {
    return;
  }
  throw crossing(path);
}

/**
 * The same for every value of some props, at any depth. Objects of a class, such as providers, are left alone.
 *
 * @throws ConfigurationError VALUE_INVALID
 */
export function checkAllKnownAtSynth(value: unknown, path: string): void {
  checkAll(value, path, new Set());
}

function checkAll(value: unknown, path: string, seen: Set<unknown>): void {
  if (seen.has(value)) {
    return;
  }
  if (Token.isUnresolved(value)) {
    throw crossing(path);
  }
  if (Array.isArray(value) || isPlain(value)) {
    seen.add(value);
    for (const [key, inner] of Object.entries(value)) {
      checkAll(inner, `${path}/${key}`, seen);
    }
  }
}

function isPlain(value: unknown): value is object {
  return typeof value === "object" && value !== null && Object.getPrototypeOf(value) === Object.prototype;
}

function crossing(path: string): ConfigurationError {
  return new ConfigurationError({
    code: "VALUE_INVALID",
    path,
    what: "the value is a reference that is only known after deployment, and other stacks need it before",
    value: "(reference)",
    allowed: "a plain string",
    fix: "write the value itself",
  });
}
