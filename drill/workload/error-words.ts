/** The system's or the library's code, as in `ECONNREFUSED`; the cause's, where the error has none of its own. */
export function errorCode(error: unknown): string | undefined {
  if (typeof error !== "object" || error === null) {
    return undefined;
  }
  if ("code" in error && typeof error.code === "string") {
    return error.code;
  }
  return "cause" in error ? errorCode(error.cause) : undefined;
}

/** The kind of error, as in `AbortError`. */
export function errorName(error: unknown): string {
  const name = typeof error === "object" && error !== null && "name" in error ? error.name : undefined;
  return typeof name === "string" ? name : "unknown error";
}

/** The error in one short line. */
export function errorLine(error: unknown): string {
  const message = typeof error === "object" && error !== null && "message" in error ? error.message : error;
  return `${errorName(error)}: ${String(message)}`;
}
