import { describe, expect, it } from "@jest/globals";
import { EventLines } from "../../cli/local/event-line";
import type { DrillEvent, EventOf } from "../../drill/evidence/events";

const write = (outcome: EventOf<"write">["outcome"], store: EventOf<"write">["store"]): DrillEvent => ({
  type: "write",
  at: 1,
  end: 2,
  operation: "put",
  key: "a",
  store,
  outcome,
});

const run = (outcome: EventOf<"replication">["report"]["outcome"], reason?: string): DrillEvent => ({
  type: "replication",
  at: 1,
  end: 2,
  report: {
    outcome,
    reason,
    startedAt: "2026-01-02T03:04:05.000Z",
    endedAt: "2026-01-02T03:04:06.000Z",
    listed: 0,
    copied: 0,
    copiedBytes: 0,
    removed: 0,
    unchanged: 0,
    retries: 0,
    exceptionCounts: { conflict: 0, late: 0, deleted: 0, stray: 0, failed: 0, unsupported: 0, withheld: 0 },
    exceptions: [],
  },
});

function told(...events: readonly DrillEvent[]): readonly string[] {
  const lines = new EventLines();
  return events.flatMap((event) => lines.take(event) ?? []);
}

describe("whoever watches a local deployment", () => {
  it("is told once that writes fail, and once that they are well again", () => {
    const lines = told(
      write("acknowledged", "primary"),
      write("refused", "primary"),
      { type: "pool", at: 3, store: "primary", healthy: false },
      write("unknown", "primary"),
      write("acknowledged", "secondary"),
      write("acknowledged", "secondary"),
    );

    expect(lines).toEqual([
      "writes to primary fail",
      "monitors find primary unhealthy",
      "writes to secondary are well again",
    ]);
  });

  it("is told why replication fails, each reason once, and that it runs again", () => {
    const lines = told(
      run("clean"),
      run("stopped", "no answer"),
      run("stopped", "no answer"),
      run("failed", "no key"),
      run("clean"),
      run("clean"),
    );

    expect(lines).toEqual([
      "replication stopped: no answer",
      "replication failed: no key",
      "replication runs clean again",
    ]);
  });
});
