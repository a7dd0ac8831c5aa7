import type { RunHistory } from "../run-history";
import { deletionsAreProven } from "./deletions-are-proven";
import { fenceHolds } from "./fence-holds";
import { flipKeepsAHealthyPool } from "./flip-keeps-a-healthy-pool";
import { flipNeedsNothingOfTheLostStore } from "./flip-needs-nothing-of-the-lost-store";
import { type InvariantVerdict, notChecked } from "./invariant";
import { noSecretFound } from "./no-secret-found";
import { noVersionLost } from "./no-version-lost";
import { onlyDescendantsReplace } from "./only-descendants-replace";
import { replicasAreEqual } from "./replicas-are-equal";
import { reportedLossIsABound } from "./reported-loss-is-a-bound";
import { secondRunChangesNothing } from "./second-run-changes-nothing";
import { standbyHasSyncedWrites } from "./standby-has-synced-writes";

/** I1 to I12 in order. I12 is open here: only who computes the figures twice can decide it. */
export function checkInvariants(history: RunHistory): readonly InvariantVerdict[] {
  return [
    standbyHasSyncedWrites(history),
    reportedLossIsABound(history),
    fenceHolds(history),
    noVersionLost(history),
    onlyDescendantsReplace(history),
    deletionsAreProven(history),
    secondRunChangesNothing(history),
    flipKeepsAHealthyPool(history),
    flipNeedsNothingOfTheLostStore(history),
    replicasAreEqual(history),
    noSecretFound(history),
    notChecked("I12", "the figures were computed once"),
  ];
}
