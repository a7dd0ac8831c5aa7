import type { RunHistory } from "../run-history";
import { counted, type InvariantVerdict, notChecked, verdict } from "./invariant";

/** I9: with the store that was left dead, the plan was applied, and readers and the writer moved. */
export function flipNeedsNothingOfTheLostStore(history: RunHistory): InvariantVerdict {
  const flip = history.failover;
  if (flip === undefined) return notChecked("I9", "nothing was flipped");
  if (history.faultAt(flip.from, flip.at)?.fault !== "killed") {
    return notChecked("I9", `${flip.from} was not killed when the flip to ${flip.to} was applied`);
  }
  const until =
    history.of("fault").find(({ at, store }) => store === flip.from && at > flip.at)?.at ?? Infinity;
  const stillDead = (at: number) => at > flip.at && at < until;
  const reads = history
    .of("read")
    .filter(({ at, store, outcome }) => outcome === "ok" && store === flip.to && stillDead(at));
  const writes = history
    .writesTo(flip.to)
    .filter(({ at, outcome }) => outcome === "acknowledged" && stillDead(at));
  return verdict(
    "I9",
    `The flip to ${flip.to} was applied with ${flip.from} killed; before it returned, ${flip.to} answered ${counted(reads.length, "read")} and ${counted(writes.length, "write")}.`,
    [
      ...(flip.plan.marker.active === flip.to ? [] : [`the marker still named ${flip.plan.marker.active}`]),
      ...(reads.length > 0 ? [] : [`no reader was served by ${flip.to} while ${flip.from} was dead`]),
      ...(writes.length > 0 ? [] : [`the writer did not reach ${flip.to} while ${flip.from} was dead`]),
    ],
  );
}
