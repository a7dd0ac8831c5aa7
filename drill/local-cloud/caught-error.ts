/**
 * What `catch` gives is unknown, and `instanceof Error` is false for errors of another realm, as Node's own
 * are inside a test runner.
 */
function field(error: unknown, name: "message" | "code" | "cause"): unknown {
  return typeof error === "object" && error !== null ? Reflect.get(error, name) : undefined;
}

/** The system's code, as in `ENOENT`. */
export function errorCode(error: unknown): string | undefined {
  const code = field(error, "code");
  return typeof code === "string" ? code : undefined;
}

/** Why it failed, in words. */
export function errorReason(error: unknown): string {
  const message = field(error, "message");
  const cause = field(error, "cause");
  if (message === "fetch failed" && cause !== undefined) {
    // The cause may be one error for each address, without words of its own.
    return errorReason(field(cause, "message") === "" ? (errorCode(cause) ?? cause) : cause);
  }
  return typeof message === "string" ? message : String(error);
}
