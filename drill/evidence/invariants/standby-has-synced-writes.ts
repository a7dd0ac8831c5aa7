import { otherStore } from "../../../contract/stores";
import { missingWrites } from "../missing-writes";
import { judgeReads } from "../read-values";
import type { RunHistory } from "../run-history";
import { counted, type InvariantVerdict, notApplicable, notChecked, quoted, verdict } from "./invariant";

/**
 * I1: whatever a run's sync point vouches for is found in every later survey of its destination, and no reader of it was
 * given anything older.
 */
export function standbyHasSyncedWrites(history: RunHistory): InvariantVerdict {
  let looked = 0;
  let named = 0;
  const violations: string[] = [];
  const vouched = history.of("survey").flatMap((survey) => {
    const syncPoint = history.syncPoint(survey.store, survey.at);
    return syncPoint === undefined ? [] : [{ survey, syncPoint }];
  });
  if (vouched.length === 0) {
    return history.of("replication").some(({ report }) => report.syncPoint !== undefined)
      ? notChecked("I1", "no survey of a store that a completed run had written to")
      : notApplicable("I1", "no run of replication completed");
  }
  for (const { survey, syncPoint } of vouched) {
    const source = otherStore(survey.store);
    const exceptions = history.namedExceptions(survey.store, { at: syncPoint, end: survey.at });
    looked += history
      .writesTo(source)
      .filter(({ outcome, end }) => outcome === "acknowledged" && end <= syncPoint).length;
    for (const write of missingWrites(history, { source, survey, acknowledgedBy: syncPoint })) {
      if (exceptions.has(write.key)) named += 1;
      else {
        violations.push(
          `${write.operation} of ${quoted(write.key)} on ${source}, acknowledged ${history.seconds(syncPoint - write.end)} s before the sync point, is not on ${survey.store} (survey ${survey.moment})`,
        );
      }
    }
  }
  const missing = violations.length;
  const reads = judgeReads(history);
  violations.push(
    ...reads.stale.map(
      ({ key, store, at }) =>
        `${store} answered a read of ${quoted(key)} at ${history.seconds(at)} s with less than it had to know by then`,
    ),
  );
  return verdict(
    "I1",
    `${counted(looked, "acknowledged write")} from before the sync points, looked for in ${counted(vouched.length, "survey")}: ${missing} missing, ${named} named as exceptions. ${counted(reads.looked, "read")}: ${reads.stale.length} staler than the lag.`,
    violations,
  );
}
