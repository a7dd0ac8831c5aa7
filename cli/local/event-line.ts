import type { DrillEvent, EventOf, EventType } from "../../drill/evidence/events";

/** What is told; everything else happens all the time. */
const LINES: { readonly [Type in EventType]?: (event: EventOf<Type>) => string | undefined } = {
  fault: ({ fault, target }) => `${target} is ${fault === "none" ? "back" : "lost"}`,
  pool: ({ store, healthy }) =>
    healthy ? `monitors find ${store} healthy` : `monitors find ${store} unhealthy`,
  marker: ({ marker }) => `marker: active=${marker.active}${marker.writesPaused ? ", writes paused" : ""}`,
  "pool-order": ({ active }) => `load balancer: ${active} first`,
  writer: ({ state, store }) => (state === "writing" ? `the writer writes to ${store}` : "the writer waits"),
  replication: ({ report }) => runLine(report),
};

/** What happened, for whoever watches. */
export function eventLine(event: DrillEvent): string | undefined {
  const line = LINES[event.type] as ((event: DrillEvent) => string | undefined) | undefined;
  return line?.(event);
}

/** Clean runs come every few seconds and say nothing. */
function runLine({ outcome, reason }: EventOf<"replication">["report"]) {
  return outcome === "clean" ? undefined : `replication ${outcome}: ${reason ?? "no reason given"}`;
}

/** Of the same lines one after the other, the first is enough. */
export class NewLines {
  private last: string | undefined;

  /** @returns the line, or undefined when it was the last one as well */
  public take(line: string | undefined): string | undefined {
    if (line === undefined || line === this.last) return undefined;
    this.last = line;
    return line;
  }
}
