import { field } from "../field";
import type { Known } from "../known";

/** One question to the outside; rejects with the reason why there is no answer. */
export type Ask<T> = (signal: AbortSignal) => Promise<T>;

/** Nobody can be asked as things are; the message says what would have to be set. */
export class NotAskedError extends Error {
  public override readonly name = "NotAskedError";
}

/** A question that cannot be asked here. */
export function notAsked(why: string): () => Promise<never> {
  return () => Promise.reject(new NotAskedError(why));
}

/**
 * Asks, and waits no longer than so many seconds. What fails or takes longer is unknown, and never a crash.
 *
 * @param signal - ends the whole command; then this rejects
 */
export async function known<T>(ask: Ask<T>, seconds: number, signal: AbortSignal): Promise<Known<T>> {
  const deadline = AbortSignal.timeout(seconds * 1000);
  const either = AbortSignal.any([signal, deadline]);
  try {
    return { value: await Promise.race([ask(either), rejectedBy(either)]) };
  } catch (error) {
    signal.throwIfAborted();
    return { unknown: deadline.aborted ? `no answer within ${seconds} s` : reasonOf(error) };
  }
}

/** Whoever does not look at the signal is not waited for either. */
function rejectedBy(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    const end = () => reject(new Error("given up"));
    if (signal.aborted) end();
    signal.addEventListener("abort", end, { once: true });
  });
}

/** In one line. The cause says more than "fetch failed", and a code more than no words at all. */
export function reasonOf(error: unknown): string {
  // `instanceof Error` is false for errors of another realm, as Node's own are inside a test runner.
  const message = field(error, "message");
  if (typeof message !== "string") return String(error);
  const cause = field(error, "cause");
  const more = message === "fetch failed" && cause !== undefined ? `: ${reasonOf(cause)}` : "";
  const text = message === "" ? String(field(error, "code") ?? field(error, "name")) : message;
  return `${text}${more}`.replaceAll(/\s*\n\s*/g, " ");
}
