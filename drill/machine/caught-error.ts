/**
 * What `catch` gives is unknown, and `instanceof Error` is false for errors of another realm, as Node's own
 * are inside a test runner.
 */
function field(error: unknown, name: "name" | "message" | "code" | "cause"): unknown {
  return typeof error === "object" && error !== null ? Reflect.get(error, name) : undefined;
}

/** The system's or the library's code, as in `ENOENT`; the cause's, where the error has none of its own. */
export function errorCode(error: unknown): string | undefined {
  const code = field(error, "code");
  if (typeof code === "string") {
    return code;
  }
  const cause = field(error, "cause");
  return cause === undefined ? undefined : errorCode(cause);
}

/** The kind of error, as in `AbortError`. */
export function errorName(error: unknown): string {
  const name = field(error, "name");
  return typeof name === "string" ? name : "unknown error";
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

/** Kind and reason in one line. */
export function errorLine(error: unknown): string {
  return `${errorName(error)}: ${errorReason(error)}`;
}
