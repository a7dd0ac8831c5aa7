import type { WriteDone } from "../evidence/events";
import { errorCode, errorName } from "../machine/caught-error";

/** How a write that was not acknowledged ended. */
export interface FailedWrite {
  readonly outcome: Exclude<WriteDone["outcome"], "acknowledged">;
  readonly reason: string;
}

/** Nothing was sent: there was nobody to send it to. */
const NOT_SENT: ReadonlySet<string> = new Set(["ECONNREFUSED", "EHOSTUNREACH", "ENETUNREACH", "ENOTFOUND"]);

/**
 * Whether a write that failed may have been applied all the same. Only a definite no counts as refused: an
 * answer below 500, a 503, or a connection that never was. Everything else, time-outs and other 5xx among
 * it, is unknown.
 */
export function failedWrite(error: unknown): FailedWrite {
  const status = statusOf(error);
  if (status !== undefined) {
    const refused = status === 503 || (status >= 300 && status < 500);
    return { outcome: refused ? "refused" : "unknown", reason: `status ${status} ${errorName(error)}` };
  }
  const code = errorCode(error);
  if (code !== undefined && NOT_SENT.has(code)) {
    return { outcome: "refused", reason: `not sent: ${code}` };
  }
  return { outcome: "unknown", reason: code ?? errorName(error) };
}

function statusOf(error: unknown): number | undefined {
  if (typeof error === "object" && error !== null && "$metadata" in error) {
    const metadata = error.$metadata;
    if (typeof metadata === "object" && metadata !== null && "httpStatusCode" in metadata) {
      return typeof metadata.httpStatusCode === "number" ? metadata.httpStatusCode : undefined;
    }
  }
  return undefined;
}
