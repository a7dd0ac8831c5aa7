/** The system's or the library's code, as in `ECONNREFUSED`. */
export function errorCode(error: unknown): string | undefined {
  const code = typeof error === "object" && error !== null && "code" in error ? error.code : undefined;
  return typeof code === "string" ? code : undefined;
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
