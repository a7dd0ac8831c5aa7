import type { RunHistory } from "../run-history";
import { counted, type InvariantVerdict, notChecked, verdict } from "./invariant";

/** I11: the run's own secrets were searched for, and found nowhere. */
export function noSecretFound(history: RunHistory): InvariantVerdict {
  const searches = history.of("secrets");
  const searched = searches.reduce((sum, search) => sum + search.searched.length, 0);
  if (searched === 0) return notChecked("I11", "nothing was searched for secrets");
  return verdict(
    "I11",
    `${counted(searched, "place")} searched for the run's secrets: files, environments, logs.`,
    searches.flatMap(({ found }) => found.map((place) => `a secret is in ${place}`)),
  );
}
