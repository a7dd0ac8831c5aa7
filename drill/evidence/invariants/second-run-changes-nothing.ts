import type { ReplicationRan } from "../events";
import type { RunHistory } from "../run-history";
import { counted, type InvariantVerdict, notApplicable, notChecked, verdict } from "./invariant";

/** I7: a run that follows a clean one in the same direction, with no write in between, copies nothing. */
export function secondRunChangesNothing(history: RunHistory): InvariantVerdict {
  const runs = history.of("replication");
  const repeats = runs.filter((run, index) => {
    const before = runs
      .slice(0, index)
      .findLast(({ report }) => report.destination === run.report.destination);
    return before?.report.outcome === "clean" && run.report.listed > 0 && isQuiet(history, before, run);
  });
  if (repeats.length === 0) return notApplicable("I7", "no clean run was repeated with the writer at rest");
  const lastParity = history.of("parity").at(-1);
  if (lastParity !== undefined && !repeats.some(({ at }) => at >= lastParity.at)) {
    return notChecked("I7", "no run was repeated after the stores were compared, with the writer at rest");
  }
  const violations = repeats
    .filter(({ report }) => report.copied + report.removed > 0)
    .map(
      ({ at, report }) =>
        `the repeated run at ${history.seconds(at)} s copied ${report.copied} objects and removed ${report.removed}, with nothing to do`,
    );
  return verdict("I7", `${counted(repeats.length, "run")} repeated with the writer at rest.`, violations);
}

/** No write on the source since the earlier run began, not even one whose answer never came. */
function isQuiet(history: RunHistory, before: ReplicationRan, run: ReplicationRan): boolean {
  const { source, destination } = run.report;
  if (source === undefined || destination === undefined || before.report.source !== source) return false;
  return ![...history.writesTo(source), ...history.writesTo(destination)].some(
    ({ at, end }) => end >= before.at && at <= run.end,
  );
}
