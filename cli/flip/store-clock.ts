import type { Known } from "../../operate/known";
import { reasonOf } from "../../operate/observe/ask";

/** Seconds for an answer. */
const SECONDS = 10;

/** A store's clock, from the `Date` of whatever its S3 API answers to a stranger. */
export async function storeClock(endpoint: string, signal: AbortSignal): Promise<Known<Date>> {
  try {
    const either = AbortSignal.any([signal, AbortSignal.timeout(SECONDS * 1000)]);
    const response = await fetch(endpoint, { method: "HEAD", redirect: "manual", signal: either });
    const date = new Date(response.headers.get("date") ?? "");
    return Number.isNaN(date.getTime()) ? { unknown: `${endpoint} tells no time` } : { value: date };
  } catch (error) {
    signal.throwIfAborted();
    return { unknown: reasonOf(error) };
  }
}
