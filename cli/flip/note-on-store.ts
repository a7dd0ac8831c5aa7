import type { StoreName } from "../../contract/stores";
import { type Epoch, noteFlipOn } from "../../lambda/replicator/epoch";
import { isKnown, type Known } from "../../operate/known";
import { known } from "../../operate/observe/ask";
import colors from "../colors";
import type { ConfigurationPlace } from "../stores/configured-stores";
import { openConfiguredStore, withWayOut } from "../stores/open-configured-store";

interface NotePlace extends ConfigurationPlace {
  /** Seconds that the store may take. */
  readonly seconds: number;
}

/**
 * Counts a flip in the journal of the store that became active.
 *
 * @returns the journal as it reads now, undefined before the first run; unknown where the store cannot be reached or written
 */
export async function noteOnStore(
  active: StoreName,
  confirm: () => Promise<void>,
  { seconds, ...place }: NotePlace,
  signal: AbortSignal,
): Promise<Known<Epoch | undefined>> {
  const ask = async (ended: AbortSignal) => {
    const client = await openConfiguredStore(active, place);
    // Whoever is given up keeps no process alive.
    ended.addEventListener("abort", () => client.close(), { once: true });
    try {
      const question = { active, now: new Date(), by: "storage-failover flip" };
      return await noteFlipOn(client, question, confirm);
    } catch (error) {
      throw withWayOut(error, active);
    } finally {
      client.close();
    }
  };
  return known(ask, seconds, signal);
}

/** In one line. */
export function noteText(noted: Known<Epoch | undefined>, active: StoreName): string {
  if (!isKnown(noted))
    return ` – ${active} could not note the flip (${noted.unknown}): the next run of replication does; do not flip back before`;
  if (noted.value === undefined) return ` – no run has left a journal on ${active} yet: nothing to note`;
  return ` ${colors.green("✔")} noted on ${active}: epoch ${noted.value.epoch}`;
}
