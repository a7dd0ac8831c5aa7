import type { DrillEvent, EventOf, EventType } from "../../drill/evidence/events";

/** What is told; everything else happens all the time. */
const LINES: { readonly [Type in EventType]?: (event: EventOf<Type>) => string | undefined } = {
  fault: ({ fault, target }) => `${target} is ${fault === "none" ? "back" : "lost"}`,
  pool: ({ store, healthy }) =>
    healthy ? `monitors find ${store} healthy` : `monitors find ${store} unhealthy`,
  marker: ({ marker }) => `marker: active=${marker.active}${marker.writesPaused ? ", writes paused" : ""}`,
  "pool-order": ({ active }) => `load balancer: ${active} first`,
  writer: ({ state, store }) => (state === "writing" ? `the writer writes to ${store}` : "the writer waits"),
};

/** What happened, for whoever watches. Runs and writes come all the time: told is when they fail, and when they are well again. */
export class EventLines {
  private last: string | undefined;
  private replicationFails = false;
  private writesFail = false;

  /** @returns the line, or undefined when there is nothing new to tell */
  public take(event: DrillEvent): string | undefined {
    const line = this.lineOf(event);
    // Of the same lines one after the other, the first is enough.
    if (line === undefined || line === this.last) return undefined;
    this.last = line;
    return line;
  }

  private lineOf(event: DrillEvent): string | undefined {
    if (event.type === "replication") return this.runLine(event.report);
    if (event.type === "write") return this.writeLine(event);
    const line = LINES[event.type] as ((event: DrillEvent) => string | undefined) | undefined;
    return line?.(event);
  }

  private runLine({ outcome, reason }: EventOf<"replication">["report"]): string | undefined {
    const failed = this.replicationFails;
    this.replicationFails = outcome !== "clean";
    if (this.replicationFails) return `replication ${outcome}: ${reason ?? "no reason given"}`;
    return failed ? "replication runs clean again" : undefined;
  }

  private writeLine({ outcome, store }: EventOf<"write">): string | undefined {
    const failed = this.writesFail;
    this.writesFail = outcome !== "acknowledged";
    if (this.writesFail === failed) return undefined;
    return this.writesFail ? `writes to ${store} fail` : `writes to ${store} are well again`;
  }
}
