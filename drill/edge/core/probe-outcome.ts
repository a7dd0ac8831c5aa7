import type { EdgeMonitor } from "../edge-plan";
import { isExpectedCode } from "./expected-codes";

/**
 * Bytes of an answer that a monitor looks at. Cloudflare's documentation says 10 KB on the page about error
 * codes and 100 MB on the page about monitor settings; the smaller promises less.
 * https://developers.cloudflare.com/load-balancing/troubleshooting/common-error-codes/
 */
export const PROBED_BODY_BYTES = 10_240;

/** What one request of a monitor met. */
export type ProbeAnswer =
  | { readonly kind: "answered"; readonly status: number; readonly body: Buffer }
  | { readonly kind: "connected" }
  | { readonly kind: "timed-out" }
  | { readonly kind: "failed"; readonly reason: string };

export interface ProbeOutcome {
  readonly passed: boolean;
  /** Why it did not pass. */
  readonly reason?: string;
}

/** Whether an answer is what the monitor expects. */
export function probeOutcome(monitor: EdgeMonitor, answer: ProbeAnswer): ProbeOutcome {
  switch (answer.kind) {
    case "timed-out":
      return { passed: false, reason: "no answer in time" };
    case "failed":
      return { passed: false, reason: answer.reason };
    case "connected":
      return { passed: true };
    case "answered":
      return answeredOutcome(monitor, answer.status, answer.body);
  }
}

/** Only a time-out is tried again, at once, and at most `retries` times within one check. */
export function isRetried(monitor: EdgeMonitor, answer: ProbeAnswer, attemptsMade: number): boolean {
  return answer.kind === "timed-out" && attemptsMade <= monitor.retries;
}

function answeredOutcome(monitor: EdgeMonitor, status: number, body: Buffer): ProbeOutcome {
  if (!isExpectedCode(status, monitor.expectedCodes)) {
    return { passed: false, reason: `status ${status} where ${monitor.expectedCodes} is expected` };
  }
  const expected = monitor.expectedBody?.toLowerCase() ?? "";
  const seen = body.subarray(0, PROBED_BODY_BYTES).toString("utf8").toLowerCase();
  return seen.includes(expected)
    ? { passed: true }
    : { passed: false, reason: "the body does not hold the expected text" };
}
