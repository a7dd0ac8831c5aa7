import { STORE_NAMES, type StoreName } from "../../../contract/stores";
import type { Flip } from "../flips";
import type { RunHistory } from "../run-history";
import { counted, type InvariantVerdict, notApplicable, verdict } from "./invariant";

/** I8: within F of a flip there is a healthy pool at every moment, unless both stores were broken on purpose. */
export function flipKeepsAHealthyPool(history: RunHistory): InvariantVerdict {
  if (history.flips.length === 0) return notApplicable("I8", "nothing was flipped");
  const moments = history.flips.flatMap((flip) => momentsAround(history, flip));
  const violations = moments.flatMap(({ flip, at }) => {
    if (STORE_NAMES.some((store) => isHealthy(history, store, at))) return [];
    if (STORE_NAMES.every((store) => isExplained(history, store, at))) return [];
    return [`no pool was healthy ${history.seconds(at - flip.at)} s after the flip to ${flip.to}`];
  });
  return verdict(
    "I8",
    `${counted(history.flips.length, "flip")}; both pools looked at, at ${counted(moments.length, "moment")} within ${history.seconds(history.fenceMilliseconds)} s of them.`,
    violations,
  );
}

/** Broken on purpose, or mended so lately that the monitors may not have seen it. Without probes nothing is known. */
function isExplained(history: RunHistory, store: StoreName, at: number): boolean {
  const { start, faults, toleranceSeconds } = history;
  const returns = start.predicted.return.worst + toleranceSeconds;
  return faults.some(
    (fault) =>
      (fault.target === store || fault.target === "probes") &&
      at >= fault.at &&
      history.seconds(at - fault.end) <= returns,
  );
}

/** Health is constant between changes, so that the changes and the begin are all there is to look at. */
function momentsAround(history: RunHistory, flip: Flip) {
  const begin = Math.max(flip.at - history.fenceMilliseconds, monitored(history, flip.at));
  const end = flip.at + history.fenceMilliseconds;
  const changes = history.of("pool").flatMap(({ at }) => (at >= begin && at <= end ? [at] : []));
  return [begin, flip.at, ...changes].map((at) => ({ flip, at }));
}

/** When the monitors had looked at every pool for the first time; until then readers get the fallback pool, healthy or not. */
function monitored(history: RunHistory, by: number): number {
  const first = STORE_NAMES.flatMap(
    (store) => history.of("pool").find((change) => change.store === store)?.at ?? [],
  );
  return Math.max(0, ...first.filter((at) => at <= by));
}

/** Only changes are logged: before its first change a pool was what that change ended, and healthy if there is none. */
function isHealthy(history: RunHistory, store: StoreName, at: number): boolean {
  const changes = history.of("pool").filter((change) => change.store === store);
  const latest = changes.findLast((change) => change.at <= at);
  return latest?.healthy ?? !(changes[0]?.healthy ?? false);
}
