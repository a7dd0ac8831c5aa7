import { isAlive } from "../drill/machine/is-alive";
import { RefusedError } from "./refused-error";

/** @throws RefusedError while the process that wrote a journal is still `at` what it noted, on this machine */
export function refuseWhileRunning(
  refused: string,
  { pid, begunAt }: { readonly pid: number; readonly begunAt: string },
  at: string,
): void {
  if (pid === process.pid || !isAlive(pid)) return;
  throw new RefusedError(refused, [
    {
      reason: `process ${pid} on this machine is at ${at} since ${begunAt}`,
      remedy: "wait for it, or interrupt it with Ctrl-C in its terminal",
    },
  ]);
}
