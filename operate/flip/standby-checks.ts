import { otherStore, type StoreName } from "../../contract/stores";
import type { ExceptionKind } from "../../lambda/replicator/report";
import { isKnown } from "../known";
import type { LivePool } from "../live-edge";
import type { Observation, StandbyNotes } from "../observation";
import { exposureOf, keysInWords } from "./exposure";
import type { FlipCheck, FlipRequest } from "./flip-request";

/** What one check came to: in order, or why not. */
export type CheckResult =
  | { readonly check: FlipCheck; readonly fine: string }
  | { readonly check: FlipCheck; readonly reason: string; readonly remedy: string };

/** Kinds that mean that the stores differ in what somebody wrote; `unsupported` never changes, and is told at each run. */
const OPEN: readonly ExceptionKind[] = ["conflict", "late", "deleted", "stray", "withheld", "failed"];

const ACCEPT = "to accept what would be lost: --accept-loss";

/** What is known of the store that is to become active. Nothing here asks the one that is active now. */
export function standbyChecks(observation: Observation, request: FlipRequest): readonly CheckResult[] {
  const { edge, origins, standby } = observation;
  const { to } = request;
  const pool = isKnown(edge) ? edge.value.pools[to] : edge;
  return [
    "unknown" in pool
      ? unknown("standby-health", `Cloudflare does not tell how ${to} is: ${pool.unknown}`)
      : health(to, pool),
    answer(to, origins[to]),
    ...(isKnown(standby)
      ? [
          lag(standby.value, request),
          exceptions(standby.value),
          recent(standby.value, observation.at, request),
        ]
      : [notes("lag", standby.unknown)]),
  ];
}

function health(to: StoreName, { enabled, health: seen }: LivePool): CheckResult {
  const check = "standby-health";
  if (!enabled) {
    return {
      check,
      reason: `the pool of ${to} is disabled at Cloudflare`,
      remedy: "enable it in the dashboard",
    };
  }
  if (!isKnown(seen)) return unknown(check, `the health of ${to} is unknown: ${seen.unknown}`);
  if (seen.value === "healthy") return { check, fine: `${to} is healthy` };
  return {
    check,
    reason: `Cloudflare's monitors find ${to} unhealthy: readers would go to a store that fails`,
    remedy: "storage-failover status; readers stay where they are while it is unhealthy",
  };
}

function answer(to: StoreName, origin: Observation["origins"][StoreName]): CheckResult {
  const check = "standby-answer";
  const remedy = `curl -i its origin host; if only this machine cannot reach it: --force ${check}`;
  if (!isKnown(origin))
    return { check, reason: `${to} gives no answer to this machine: ${origin.unknown}`, remedy };
  const { status } = origin.value;
  // It refuses strangers, and that is an answer.
  if (status < 500) return { check, fine: `${to} answers` };
  return { check, reason: `${to} answers ${status}`, remedy };
}

function lag({ syncPoint, lagSeconds }: StandbyNotes, { maxLagSeconds }: FlipRequest): CheckResult {
  const check = "lag";
  const remedy = `storage-failover status; ${ACCEPT}`;
  if (syncPoint === undefined || lagSeconds === undefined) {
    return { check, reason: "no whole pass has ended yet: nobody knows how much the standby lacks", remedy };
  }
  const behind = `${Math.ceil(lagSeconds)} s behind`;
  if (lagSeconds <= maxLagSeconds) return { check, fine: `standby is ${behind}` };
  return { check, reason: `standby is ${behind}, objective is ${Math.round(maxLagSeconds)} s`, remedy };
}

function exceptions(standby: StandbyNotes): CheckResult {
  const check = "exceptions";
  if (standby.lastRun === undefined) return { check, fine: "no run left a note of conflicts" };
  const { keys, unclassified } = exposureOf({ value: standby });
  const open = Object.fromEntries(OPEN.flatMap((kind) => (keys[kind] ? [[kind, keys[kind]]] : [])));
  const told = keysInWords({ keys: open, unclassified });
  if (told === "") return { check, fine: "no conflicts, strays or failures" };
  return {
    check,
    reason: `keys are open: ${told}`,
    remedy: `storage-failover conflicts; storage-failover strays; ${ACCEPT}`,
  };
}

function recent({ active, activeSince }: StandbyNotes, now: string, request: FlipRequest): CheckResult {
  const check = "recent-flip";
  const seconds = (Date.parse(now) - Date.parse(activeSince)) / 1000;
  // A journal about the other direction has not seen the last flip: that was a moment ago.
  const isBehind = active === request.to;
  if (!isBehind && !(seconds < request.quietSeconds)) return { check, fine: "no flip lately" };
  const [when, until] = isBehind
    ? ["replication has not noticed yet", "for replication's next run"]
    : [
        `${Math.max(0, Math.round(seconds / 60))} min ago`,
        `${Math.ceil((request.quietSeconds - seconds) / 60)} min`,
      ];
  return {
    check,
    reason: `${otherStore(request.to)} has only just become active (${when}): what was written meanwhile may not have come over`,
    remedy: `wait ${until}; or: --force ${check}`,
  };
}

function notes(check: FlipCheck, why: string): CheckResult {
  return {
    check,
    reason: `replication's notes on the standby cannot be read: ${why}`,
    remedy: `give its key pair in the environment (see --help); ${ACCEPT}`,
  };
}

function unknown(check: FlipCheck, reason: string): CheckResult {
  return { check, reason, remedy: `storage-failover doctor; or: --force ${check}` };
}
