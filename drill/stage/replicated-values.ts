import type { RunReport } from "../../lambda/replicator/report";
import { RunHistory } from "../evidence/run-history";
import type { Stage } from "./stage";

/** Lets readers and the writer count on what a clean run vouches for: everything before its sync point but the exceptions. */
export function markReplicated({ events, values }: Stage, { syncPoint, exceptions }: RunReport): void {
  if (syncPoint === undefined) return;
  values.markReplicated(
    new RunHistory(events).moment(syncPoint),
    exceptions.map(({ key }) => key),
  );
}
