import { stoppable } from "./stoppable";

/** The person, or the machine, asked the command to end. */
export class InterruptedError extends Error {
  public override readonly name = "InterruptedError";
}

/**
 * Runs `task` with a signal that Ctrl-C aborts, and waits until it has cleaned up. A second Ctrl-C does not wait.
 *
 * @throws InterruptedError when it was interrupted, whatever the task came to
 */
export function interruptible<T>(task: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const cleanedUp = async (signal: AbortSignal) => {
    try {
      const result = await task(signal);
      signal.throwIfAborted();
      return result;
    } catch (error) {
      signal.throwIfAborted();
      throw error;
    }
  };
  return stoppable(cleanedUp, "stopping what was started …", new InterruptedError("interrupted"));
}
