import type { RunHistory } from "../run-history";
import { counted, type InvariantVerdict, notApplicable, quoted, verdict } from "./invariant";

/** I3: no copy ended in a store that had been active for longer than the fence. */
export function fenceHolds(history: RunHistory): InvariantVerdict {
  const copies = history.of("copy");
  if (copies.length === 0) return notApplicable("I3", "nothing was copied");
  const violations = copies.flatMap(({ at, record }) => {
    // A function whose clock is wrong on purpose is not asked when: its line arrives right after the write.
    const ended = history.clockAhead("function", at) === 0 ? history.moment(record.endedAt) : at;
    const flip = history.flips.findLast(({ at }) => at <= ended);
    const activeSince = flip?.at ?? Number.NEGATIVE_INFINITY;
    const late = ended - activeSince - history.fenceMilliseconds;
    if (history.activeAt(ended) !== record.destination || late <= 0) return [];
    const when =
      flip === undefined ? "before any flip" : `${history.seconds(ended - activeSince)} s after the flip`;
    return [`copy of ${quoted(record.key)} into ${record.destination}, the active store, ended ${when}`];
  });
  return verdict(
    "I3",
    `${counted(copies.length, "copied object")} and ${counted(history.flips.length, "flip")}; fence ${history.seconds(history.fenceMilliseconds)} s as this run waited for it.`,
    violations,
  );
}
