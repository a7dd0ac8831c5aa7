import { setTimeout as delay } from "node:timers/promises";
import { errorReason } from "../../drill/machine/caught-error";
import { duration } from "../../drill/report/wording";
import { StepFailedError } from "./step-failed-error";
import { showing, type WalkContext } from "./walk-context";

const DEFAULT_POLL_SECONDS = 10;

export interface Awaited<T> {
  /** As in `https://assets.example.com`. */
  readonly what: string;
  /** Rejects while it is not there yet; the reason is shown. */
  readonly look: () => Promise<T>;
  /** What a person does when it does not come. */
  readonly remedy: string;
}

/**
 * Looks again and again until something answers.
 *
 * @throws StepFailedError when it does not within the run's limit
 */
export function awaitAnswer<T>(context: WalkContext, { what, look, remedy }: Awaited<T>): Promise<T> {
  const { signal, waitSeconds, surroundings } = context;
  const pause = (surroundings.pollSeconds ?? DEFAULT_POLL_SECONDS) * 1000;
  const began = performance.now();
  return showing(context, `wait for ${what}`, async (update) => {
    for (;;) {
      try {
        return { value: await look(), result: "answers" };
      } catch (error) {
        signal.throwIfAborted();
        const waited = (performance.now() - began) / 1000;
        if (waited + pause / 1000 > waitSeconds) {
          throw new StepFailedError(
            `${what} did not answer within ${duration(waitSeconds)}: ${errorReason(error)}\n  ${remedy}`,
            "unreachable",
          );
        }
        update(`${duration(waited)} of ${duration(waitSeconds)} · ${errorReason(error)}`);
      }
      await delay(pause, undefined, { signal });
    }
  });
}
