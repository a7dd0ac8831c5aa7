import { systemClock } from "../../lambda/replicator/clock";
import { reconcileKeys } from "../../lambda/replicator/reconcile-keys";
import type { Settled, Stores } from "../../lambda/replicator/settle-key";

/** What a run would do about one key now; changes nothing. */
export async function judgeKey(key: string, stores: Stores): Promise<Settled> {
  let judged: Settled = { outcome: "unchanged" };
  await reconcileKeys({
    stores: { ...stores, dryRun: true },
    keys: [key],
    mayStart: () => true,
    clock: systemClock,
    random: Math.random,
    onSettled: (_key, settled) => {
      judged = settled;
    },
  });
  return judged;
}
