import { exposureOf } from "../recovery-point";
import type { RunHistory } from "../run-history";
import { type InvariantVerdict, notApplicable, notChecked, verdict } from "./invariant";

/** I2: what was really missing is no older than the bound that the sync point gave, and no older than the operator was told. */
export function reportedLossIsABound(history: RunHistory): InvariantVerdict {
  const unplanned = history.flips.filter(({ pausedAt }) => pausedAt === undefined);
  if (unplanned.length === 0) return notApplicable("I2", "the run had no unplanned flip");
  const looked = unplanned.flatMap((flip) => {
    const { seconds, exactSeconds, announcedSeconds, announcedCovers } = exposureOf(history, flip);
    return exactSeconds === null
      ? []
      : [{ to: flip.to, seconds, exactSeconds, announcedSeconds, announcedCovers }];
  });
  if (looked.length < unplanned.length) {
    return notChecked("I2", "a store was not surveyed between an unplanned flip to it and its first use");
  }
  return verdict(
    "I2",
    looked
      .map(
        ({ to, seconds, exactSeconds }) =>
          `Flip to ${to}: reported ${seconds} s; the oldest acknowledged write that it lacked was ${exactSeconds} s old.`,
      )
      .join(" "),
    looked.flatMap(({ to, seconds, exactSeconds, announcedSeconds, announcedCovers }) => [
      ...(exactSeconds <= seconds
        ? []
        : [`${exactSeconds} s were lost at the flip to ${to}, ${seconds} s were reported`]),
      ...(announcedCovers !== false
        ? []
        : [
            `${exactSeconds} s were lost at the flip to ${to}, the operator was told of the last ${announcedSeconds} s only`,
          ]),
    ]),
  );
}
