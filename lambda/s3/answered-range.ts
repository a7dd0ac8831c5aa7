import type { ContentRequest } from "./object-client";
import { malformed, type RequestDescription } from "./request-failure";

/**
 * A store that ignores ranges answers with the whole object.
 *
 * @param answered - the answer's `Content-Range`
 */
export function checkRange(
  answered: string | undefined,
  { first }: NonNullable<ContentRequest["range"]>,
  request: RequestDescription,
): void {
  if (answered?.startsWith(`bytes ${first}-`)) return;
  throw malformed(
    request,
    `the answer is not the range from ${first}, but ${answered ?? "the whole object"}`,
  );
}
