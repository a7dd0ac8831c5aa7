import { EXIT } from "./exit-codes";

const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/**
 * Runs `task` with a signal that Ctrl-C aborts, and waits for it: it ends as it sees fit. A second Ctrl-C leaves at
 * once.
 *
 * @param announcement - printed to standard error at the first Ctrl-C
 * @param reason - of the abort
 */
export async function stoppable<T>(
  task: (signal: AbortSignal) => Promise<T>,
  announcement: string,
  reason?: Error,
): Promise<T> {
  const controller = new AbortController();
  const stop = () => {
    if (controller.signal.aborted) process.exit(EXIT.interrupted);
    process.stderr.write(`\n${announcement}\n`);
    controller.abort(reason);
  };
  for (const signal of SIGNALS) process.on(signal, stop);
  try {
    return await task(controller.signal);
  } finally {
    for (const signal of SIGNALS) process.off(signal, stop);
  }
}
