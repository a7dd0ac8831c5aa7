import { otherStore, STORE_NAMES, type StoreName } from "../../contract/stores";
import { keysInWords } from "../../operate/flip/exposure";
import { isKnown, type Known } from "../../operate/known";
import { type LiveEdgeState, recordedMarker } from "../../operate/live-edge";
import type { LastDrill, Observation, OriginAnswer, StandbyNotes } from "../../operate/observation";
import { type Assessment, exceptionsOf } from "../../operate/observe/assess";
import { activeStore } from "../../operate/observe/observe";
import { ago, timeOfDay, timeSpan } from "../time-span";

export type RowMark = "good" | "notice" | "bad" | "unknown";

/** One line of `status`. */
export interface StatusRow {
  readonly mark: RowMark;
  readonly label: string;
  readonly text: string;
}

/** What is known, one thing a line; concerns come after it. */
export function statusRows(
  observation: Observation,
  { concerns }: Assessment,
  lagObjectiveSeconds: number,
): readonly StatusRow[] {
  const { at, edge, config, standby } = observation;
  const active = activeStore(observation);
  const has = (prefix: string) => concerns.filter(({ id }) => id.startsWith(prefix));
  const orderDrift = ["drift-order", "drift-fallback", "drift-regions", "drift-load"].flatMap(has);
  return [
    activeRow(observation),
    ...STORE_NAMES.map((store) => storeRow(store, active, observation)),
    ...standbyRows(standby, at, lagObjectiveSeconds),
    rowOf("edge", edge, (live) => ({
      mark: orderDrift.length > 0 ? "bad" : "good",
      text: orderText(live),
    })),
    rowOf("config", config, (store) => configRow(store, active)),
    drillRow(observation.lastDrill, at),
  ];
}

function rowOf<T>(label: string, known: Known<T>, row: (value: T) => Omit<StatusRow, "label">): StatusRow {
  return { label, ...(isKnown(known) ? row(known.value) : unknown(known.unknown)) };
}

function standbyRows(standby: Known<StandbyNotes>, at: string, objective: number): readonly StatusRow[] {
  if (!isKnown(standby)) return [{ label: "lag", ...unknown(standby.unknown) }];
  const notes = standby.value;
  return [
    { label: "lag", ...lagRow(notes, at, objective) },
    { label: "last run", ...runRow(notes, at) },
  ];
}

function unknown(why: string) {
  return { mark: "unknown" as const, text: `unknown: ${why}` };
}

function activeRow({ marker, edge, resolvers }: Observation): StatusRow {
  const label = "active";
  if (isKnown(marker)) {
    const { active, writesPaused } = marker.value;
    const by = `by the marker, as ${resolvers.length} resolvers read it`;
    return writesPaused
      ? { mark: "notice", label, text: `${active}, read-only: writes are paused (${by})` }
      : { mark: "good", label, text: `${active}, ${by}` };
  }
  const recorded = recordedMarker(edge);
  if (recorded !== undefined) {
    const paused = recorded.writesPaused ? ", read-only" : "";
    const text = `${recorded.active}${paused}, by Cloudflare's record alone: ${marker.unknown}`;
    return { mark: "bad", label, text };
  }
  return { mark: "bad", label, text: `unknown: ${marker.unknown}` };
}

function storeRow(
  store: StoreName,
  active: StoreName | undefined,
  { edge, origins }: Observation,
): StatusRow {
  const role = active === undefined ? "role unknown" : store === active ? "active" : "standby";
  const health = healthOf(store, edge);
  const from = originText(origins[store]);
  const mark = health.mark === "unknown" && isKnown(origins[store]) ? "notice" : health.mark;
  return { mark, label: store, text: `${role}; ${health.text}; ${from}` };
}

function healthOf(store: StoreName, edge: Observation["edge"]): Pick<StatusRow, "mark" | "text"> {
  if (!isKnown(edge)) return { mark: "unknown", text: "health unknown" };
  const { enabled, health } = edge.value.pools[store];
  if (!enabled) return { mark: "bad", text: "its pool is switched off" };
  if (!isKnown(health)) return { mark: "unknown", text: `health unknown: ${health.unknown}` };
  return health.value === "healthy"
    ? { mark: "good", text: "healthy, say the monitors" }
    : { mark: "bad", text: "unhealthy, say the monitors" };
}

function originText(origin: Known<OriginAnswer>): string {
  if (!isKnown(origin)) return `not reached from here (${origin.unknown})`;
  const { status, milliseconds } = origin.value;
  return `answers ${status} in ${milliseconds} ms`;
}

function lagRow({ syncPoint, lagSeconds, store }: StandbyNotes, at: string, objective: number) {
  if (syncPoint === undefined || lagSeconds === undefined) {
    const text = `unknown: no sync point on ${store} since ${otherStore(store)} became active`;
    return { mark: "bad" as const, text };
  }
  const text = `${timeSpan(lagSeconds)} behind (objective ${timeSpan(objective)}), sync point ${timeOfDay(syncPoint, at)}`;
  return { mark: lagSeconds <= objective ? ("good" as const) : ("bad" as const), text };
}

function runRow(notes: StandbyNotes, at: string): Omit<StatusRow, "label"> {
  const { lastRun } = notes;
  if (lastRun === undefined) return unknown("no run of this epoch left a note");
  const { outcome, endedAt, exceptionCounts, unclassified = 0 } = lastRun;
  const told = keysInWords({ keys: exceptionCounts, unclassified }) || "no exceptions";
  const failed = outcome === "failed" || outcome === "stopped";
  const mark = failed ? "bad" : (exceptionsOf(notes) ?? 0) > 0 ? "notice" : "good";
  return { mark, text: `${outcome}, ${ago(endedAt, at)}; ${told}` };
}

function orderText({ loadBalancer, pools }: LiveEdgeState): string {
  const named = (id: string) => STORE_NAMES.find((store) => pools[store].id === id) ?? id;
  const order = loadBalancer.defaultPools.map(named).join(", ") || "no pools";
  const off = loadBalancer.enabled ? "" : "; the load balancer is switched off";
  return `${order}; fallback ${named(loadBalancer.fallbackPool)}${off}`;
}

function configRow(config: StoreName, active: StoreName | undefined): Omit<StatusRow, "label"> {
  const differs = active !== undefined && config !== active;
  return { mark: differs ? "bad" : "good", text: `this project's toggle says ${config}` };
}

function drillRow(drill: Known<LastDrill>, at: string): StatusRow {
  const label = "last drill";
  if (!isKnown(drill)) return { mark: "unknown", label, text: `none known: ${drill.unknown}` };
  const { passed, startedAt, rtoSeconds, report } = drill.value;
  const rto = rtoSeconds === undefined ? "" : `; reads back after ${timeSpan(rtoSeconds)}`;
  return {
    mark: passed ? "good" : "notice",
    label,
    text: `${passed ? "passed" : "not passed"}, ${ago(startedAt, at)}${rto} (${report})`,
  };
}
