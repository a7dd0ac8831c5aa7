import type { StoreName } from "../../contract/stores";
import type { DrillEvent, OperatorRan, PlanApplied } from "./events";

/** A change of the active store: the moment at which the marker named another one. */
export interface Flip {
  readonly at: number;
  readonly from: StoreName;
  readonly to: StoreName;
  /** The synthesized plan that did it, or that followed; absent when it went through Cloudflare's API alone. */
  readonly plan?: PlanApplied;
  /** When the load balancer's order followed; absent when it never did. */
  readonly orderedAt?: number;
  /** The operator's command that did it; absent when a plan was applied by other means. */
  readonly command?: OperatorRan;
  /** When writers were asked to hold back for it; absent for an unplanned flip. */
  readonly pausedAt?: number;
}

/** @param events - in order */
export function findFlips(events: readonly DrillEvent[], activeAtStart: StoreName): readonly Flip[] {
  const moves: {
    readonly at: number;
    readonly from: StoreName;
    readonly to: StoreName;
    readonly pausedAt?: number;
  }[] = [];
  let active = activeAtStart;
  let pausedAt: number | undefined;
  for (const event of events) {
    if (event.type !== "plan-applied" && event.type !== "marker") continue;
    const { marker, at } = event;
    if (marker.active !== active) {
      moves.push({ at, from: active, to: marker.active, pausedAt });
      active = marker.active;
    }
    if (!marker.writesPaused) pausedAt = undefined;
    else pausedAt ??= at;
  }
  return moves.map((move, index) => {
    const next = moves[index + 1]?.at ?? Number.POSITIVE_INFINITY;
    const during = events.filter(({ at }) => at >= move.at && at < next);
    const ordered = during.find(
      (event) => (event.type === "plan-applied" || event.type === "pool-order") && event.active === move.to,
    );
    return {
      ...move,
      plan: during.find(
        (event): event is PlanApplied => event.type === "plan-applied" && event.active === move.to,
      ),
      orderedAt: ordered?.at,
      command: events.find(
        (event): event is OperatorRan =>
          event.type === "operator" &&
          event.at <= move.at &&
          event.end >= move.at &&
          event.command[0] === "flip",
      ),
    };
  });
}
