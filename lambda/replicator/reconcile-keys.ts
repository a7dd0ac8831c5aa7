import type { Clock } from "./clock";
import { askedRelatives } from "./family";
import { OutOfTimeError } from "./retry";
import type { Settled, Stores } from "./settle-key";
import { Settler, type SettlerOptions } from "./settler";

export interface ReconcileKeysOptions extends Pick<SettlerOptions, "random" | "limits" | "mayStart"> {
  readonly stores: Stores;
  readonly keys: readonly string[];
  readonly clock: Clock;
  readonly onSettled: (key: string, settled: Settled, startedAt: Date) => void;
}

/** Deletions are placed by passes over all keys, which can tell how many there are. */
const LEFT_TO_A_PASS: Settled = { outcome: "unchanged" };

/**
 * Makes single keys equal, whatever the listings say. Deletes nothing.
 *
 * @returns keys that were not begun, for want of time
 * @throws DirectionLostError, RetriesExhaustedError; nothing is in flight by then
 */
export async function reconcileKeys(options: ReconcileKeysOptions): Promise<readonly string[]> {
  const { stores, keys, mayStart, onSettled, clock } = options;
  const settler = new Settler({
    ...options,
    onSettled: (subject, settled, startedAt) => onSettled(subject.key, settled, startedAt),
    onProvenDeletion: (_, subject) => onSettled(subject.key, LEFT_TO_A_PASS, clock.wall()),
  });
  const left: string[] = [];
  for (const key of keys) {
    if (settler.failure || !mayStart()) left.push(key);
    else await settler.start({ key, seen: "compare", relatives: askedRelatives(key, stores) });
  }
  await settler.drain();
  if (settler.failure && !(settler.failure.error instanceof OutOfTimeError)) throw settler.failure.error;
  return left;
}
