/** The person, or the machine, asked the command to end. */
export class InterruptedError extends Error {
  public override readonly name = "InterruptedError";
}

const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/**
 * Runs `task` with a signal that Ctrl-C aborts, and waits until it has cleaned up. A second Ctrl-C does not wait.
 *
 * @throws InterruptedError when it was interrupted, whatever the task came to
 */
export async function interruptible<T>(task: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const controller = new AbortController();
  const interrupt = () => {
    if (controller.signal.aborted) process.exit(130);
    process.stderr.write("\nstopping what was started …\n");
    controller.abort(new InterruptedError("interrupted"));
  };
  for (const signal of SIGNALS) process.on(signal, interrupt);
  try {
    const result = await task(controller.signal);
    controller.signal.throwIfAborted();
    return result;
  } catch (error) {
    controller.signal.throwIfAborted();
    throw error;
  } finally {
    for (const signal of SIGNALS) process.off(signal, interrupt);
  }
}
