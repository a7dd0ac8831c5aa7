import type { RecoveryPointFigures } from "../recovery-point";
import { type InvariantVerdict, notChecked, verdict } from "./invariant";

/** I2: what was really missing is no older than the bound that the sync point gave. */
export function reportedLossIsABound(rpo: RecoveryPointFigures | null): InvariantVerdict {
  if (rpo === null) return notChecked("I2", "the run had no failover from a killed store");
  if (rpo.exactSeconds === null) return notChecked("I2", "the standby was not surveyed at the failover");
  return verdict(
    "I2",
    `Reported ${rpo.seconds} s; the oldest acknowledged write that the standby lacked was ${rpo.exactSeconds} s old.`,
    rpo.exactSeconds <= rpo.seconds
      ? []
      : [`${rpo.exactSeconds} s were lost, ${rpo.seconds} s were reported`],
  );
}
