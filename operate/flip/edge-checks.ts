import { formatMarker, type Marker } from "../../contract/marker";
import { isFirst } from "../cloudflare/pool-order";
import { isKnown } from "../known";
import { recordedMarker } from "../live-edge";
import type { Observation } from "../observation";
import type { FlipRequest } from "./flip-request";
import { doneAt, type FlipJournal, isUnfinished } from "./journal";
import type { CheckResult } from "./standby-checks";

/** What the marker and this project's journal say of other flips. */
export function edgeChecks(
  observation: Observation,
  request: FlipRequest,
  journal: FlipJournal | undefined,
): readonly CheckResult[] {
  const record = recordOf(observation);
  // Where nobody can read it, the check of the marker says so.
  const pause = record === undefined ? [] : [paused(record, request)];
  return [resolvers(observation), ...pause, otherFlip(journal)];
}

/** The marker as nobody has cached it: Cloudflare's record, else what the resolvers agree on. */
export function recordOf({ edge, marker }: Pick<Observation, "edge" | "marker">): Marker | undefined {
  return recordedMarker(edge) ?? (isKnown(marker) ? marker.value : undefined);
}

function resolvers({ edge, marker, resolvers: asked }: Observation): CheckResult {
  const check = "marker";
  const force = `--force ${check}`;
  const record = isKnown(edge) ? edge.value.marker.marker : undefined;
  if (record !== undefined && !isKnown(record)) {
    return { check, reason: `Cloudflare's record is no marker: ${record.unknown}`, remedy: force };
  }
  if (!isKnown(marker)) {
    const seen = asked.map(({ name, reading }) =>
      isKnown(reading) ? `${name} says ${formatMarker(reading.value)}` : `${name}: ${reading.unknown}`,
    );
    const reason = `the marker cannot be read from both resolvers: ${seen.join("; ") || marker.unknown}`;
    return { check, reason, remedy: `writers could not follow either; wait a minute, or: ${force}` };
  }
  if (record !== undefined && formatMarker(record.value) !== formatMarker(marker.value)) {
    return {
      check,
      reason: `resolvers say ${formatMarker(marker.value)}, Cloudflare's record says ${formatMarker(record.value)}: it was changed a moment ago`,
      remedy: `find out by whom; wait a minute, or: ${force}`,
    };
  }
  return { check, fine: `marker readable from ${asked.length === 2 ? "both resolvers" : "its resolvers"}` };
}

function paused(record: Marker, { to }: FlipRequest): CheckResult {
  const check = "writes-paused";
  if (!record.writesPaused) return { check, fine: "writes are not paused" };
  return {
    check,
    reason: "somebody has paused writes: a planned flip is under way elsewhere, or was left behind",
    remedy: `ask who; if nobody is at it: storage-failover flip --resume-writes, or go on over it: --to ${to} --force ${check}`,
  };
}

function otherFlip(journal: FlipJournal | undefined): CheckResult {
  const check = "other-flip";
  if (!isUnfinished(journal)) return { check, fine: "no other flip under way here" };
  const last = journal.done.at(-1);
  const back = doneAt(journal, "marker") === undefined ? "storage-failover flip --resume-writes" : undefined;
  const again = `storage-failover flip --to ${journal.to}${journal.planned ? " --planned" : ""}`;
  return {
    check,
    reason: `a ${journal.planned ? "planned " : ""}flip to ${journal.to} of ${journal.begunAt} is not finished${last ? ` (done: ${last.step})` : ""}`,
    remedy: [`go on with it: ${again}`, back && `call it off: ${back}`, `or: --force ${check}`]
      .filter((one) => one !== undefined)
      .join("; "),
  };
}

/** Whether the load balancer prefers the pool of this store. */
export function isPreferred(
  { edge }: Pick<Observation, "edge">,
  store: FlipRequest["to"],
): boolean | undefined {
  if (!isKnown(edge)) return undefined;
  const { loadBalancer, pools } = edge.value;
  return isFirst(loadBalancer, pools[store].id);
}
