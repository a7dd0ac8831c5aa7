/**
 * What kept a request from being answered, as in ` (ECONNREFUSED)`; empty where that is not known. Never the error's
 * message, which may name the host, or repeat what was sent.
 */
export function networkCode(error: unknown): string {
  for (const one of [error, propertyOf(error, "cause")]) {
    const code = propertyOf(one, "code");
    if (typeof code === "string" && /^\w+$/.test(code)) return ` (${code})`;
  }
  return "";
}

export function propertyOf(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null && name in value
    ? (value as Readonly<Record<string, unknown>>)[name]
    : undefined;
}
