import { describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import type { DrillEvent, ReadDone, RunStarted } from "../../drill/evidence/events";
import { EvidenceError } from "../../drill/evidence/evidence-error";
import { computeFigures, differingFigures, withRecomputation } from "../../drill/evidence/figures";
import { outageFigures } from "../../drill/evidence/outage";
import { RunHistory } from "../../drill/evidence/run-history";
import { goodDrill, STORY } from "../support/drill-story";
import { iso, PREDICTED, SimulatedHistory } from "../support/history";

const SPEED = 30;
const scaled = (milliseconds: number) => Math.round(milliseconds * SPEED) / 1000;

function predicting(refusing: RunStarted["predicted"]["return"]): RunStarted["predicted"] {
  return { ...PREDICTED, recovery: { ...PREDICTED.recovery, refusing } };
}

function read(at: number, outcome: ReadDone["outcome"], end = at + 4): ReadDone {
  return {
    type: "read",
    at,
    end,
    key: "k",
    outcome,
    ...(outcome === "ok" ? { store: "secondary" as const } : {}),
  };
}

/** A run with one outage at 1,000, noticed at 1,900, whose phase ends at 5,000. */
function outageRun(reads: readonly DrillEvent[], start: Partial<RunStarted> = {}) {
  const run = new SimulatedHistory({ readerPeriodMilliseconds: 10, ...start }).add(
    { type: "phase", at: 950, phase: "outage" },
    { type: "fault", at: 1000, target: "primary", fault: "answers-503" },
    { type: "pool", at: 1900, store: "primary", healthy: false },
    { type: "phase", at: 5000, phase: "recovered" },
    ...reads,
  );
  return outageFigures(new RunHistory(run.events), "answers-503");
}

describe("figures of a whole drill in which everything goes well", () => {
  const { events } = goodDrill();
  const figures = computeFigures(events);

  it("passes, with every target met and every invariant but the twelfth decided", () => {
    expect(figures.targets.filter(({ met }) => !met)).toEqual([]);
    expect(figures.invariants.map(({ id, holds }) => [id, holds])).toEqual([
      ...["I1", "I2", "I3", "I4", "I5", "I6", "I7", "I8", "I9", "I10", "I11"].map((id) => [id, true]),
      ["I12", undefined],
    ]);
    expect(figures.passed).toBe(true);
  });

  it("gives the 503 outage, the kill, the loss and the way back in seconds of the real deployment", () => {
    const [refusing, killed] = figures.outages;
    expect(refusing).toMatchObject({
      store: "primary",
      role: "active",
      predictedAs: "refusing",
      lastedSeconds: scaled(STORY.mended - STORY.refusing),
      returnSeconds: scaled(STORY.mendedNoticed - STORY.mended),
      rtoSeconds: scaled(14_000 - 12_200),
      detectionSeconds: scaled(STORY.refusingNoticed - STORY.refusing),
      firstFailedReadSeconds: scaled(12_200 - STORY.refusing),
      failedReads: 9,
      withinPrediction: true,
    });
    expect(killed).toMatchObject({
      predictedAs: "unreachable",
      rtoSeconds: 0,
      failedReads: 0,
      edgeRetries: 2,
      firstFailedReadSeconds: null,
    });
    // Last sync point at 22 s: the run at 23 s, whole seconds, less one.
    expect(figures.rpo).toEqual({
      seconds: scaled(STORY.killed - 22_000),
      exactSeconds: scaled(STORY.killed - 23_108),
      announcedSeconds: null,
      announcedCovers: null,
      objectsAtRisk: ["log/entry-46.json", "log/entry-47.json", "story/both.txt"],
      objectsLost: [],
    });
    expect(figures.flips).toMatchObject([
      { to: "secondary", planned: false, fault: "killed", interruptionSeconds: null, lost: null },
      {
        to: "primary",
        planned: true,
        fault: null,
        interruptionSeconds: 0,
        failedReads: 0,
        writesPausedSeconds: scaled(STORY.resumed - STORY.paused - 200),
        exposure: null,
        lost: [],
      },
    ]);
    expect(figures.keys).toEqual({ lost: [], late: [], conflicting: ["story/both.txt"] });
    expect(figures.exceptions.deleted.map(({ key }) => key)).toEqual(["story/removed.txt"]);
    expect(figures.writes).toMatchObject({ unknown: 0, refused: 1 });
    expect(figures.flips[0]?.changedPaths).toHaveLength(4);
  });

  it("does not depend on the order in which processes reported", () => {
    fc.assert(
      fc.property(fc.array(fc.nat(), { minLength: events.length, maxLength: events.length }), (ranks) => {
        const shuffled = events
          .map((event, index) => ({ event, rank: ranks[index] ?? 0 }))
          .sort((left, right) => left.rank - right.rank)
          .map(({ event }) => event);
        expect(differingFigures(computeFigures(shuffled), figures)).toEqual([]);
      }),
      { seed: 20_260_301, numRuns: 15 },
    );
  });

  it("scales every duration by the speed, and nothing else", () => {
    const faster = computeFigures(
      events.map((event) => (event.type === "run-started" ? { ...event, speed: 60 } : event)),
    );
    expect(faster.outages[0]?.rtoSeconds).toBeCloseTo(2 * (figures.outages[0]?.rtoSeconds ?? 0), 2);
    expect(faster.rpo?.seconds).toBeCloseTo(2 * (figures.rpo?.seconds ?? 0), 2);
    expect(faster.toleranceSeconds).toBeCloseTo(2 * figures.toleranceSeconds, 2);
    expect(faster.reads).toEqual(figures.reads);
    expect(faster.machineSeconds).toBe(figures.machineSeconds);
  });
});

describe("the recovery time of an outage", () => {
  it("runs from the first failed read to the first good one after the last failed one", () => {
    fc.assert(
      fc.property(fc.array(fc.boolean(), { minLength: 1, maxLength: 60 }), (pattern) => {
        const reads = pattern.map((ok, index) => read(1010 + index * 10, ok ? "ok" : "failed"));
        const after = read(1010 + pattern.length * 10, "ok");
        const first = pattern.indexOf(false);
        const expected = first < 0 ? 0 : scaled((pattern.lastIndexOf(false) + 1 - first) * 10);
        expect(outageRun([...reads, after])).toMatchObject({
          rtoSeconds: expected,
          failedReads: pattern.filter((ok) => !ok).length,
        });
      }),
      { seed: 20_260_302, numRuns: 200 },
    );
  });

  it("is unknown, and outside any prediction, when no good read followed", () => {
    expect(outageRun([read(1100, "failed"), read(1200, "failed")])).toMatchObject({
      rtoSeconds: null,
      withinPrediction: false,
    });
  });

  it("counts a read that was under way when the store broke, and none that ended before", () => {
    const figures = outageRun([read(940, "failed", 990), read(990, "failed", 1010), read(1300, "ok")]);
    expect(figures).toMatchObject({ failedReads: 1, firstFailedReadSeconds: 0, rtoSeconds: scaled(300) });
  });

  it("does not count for how long a read had been under way before the store broke", () => {
    const figures = outageRun([read(200, "failed", 1010), read(990, "ok", 995), read(1030, "ok")]);
    expect(figures).toMatchObject({ failedReads: 1, rtoSeconds: 0 });
  });

  it.each([
    ["at the worst that was predicted", 2000, 0, 4000, true],
    ["beyond it by no more than reader period and machine delay", 2035, 25, 4000, true],
    ["beyond that", 2045, 25, 4000, false],
    ["beyond it, with a delay that came when readers were well", 2035, 25, 5000, false],
    ["beyond it, with a delay before the outage", 2035, 25, 990, false],
  ])("is judged by the prediction: %s", (_what, milliseconds, delayed, at, expected) => {
    const predicted = predicting({ best: 0, mean: 30, worst: scaled(2000) });
    const reads = [
      read(1100, "failed"),
      read(1100 + milliseconds - 5, "failed"),
      read(1100 + milliseconds, "ok"),
    ];
    const delay: DrillEvent = { type: "delay", at, milliseconds: delayed };
    expect(outageRun([...reads, delay], { predicted })?.withinPrediction).toBe(expected);
  });

  it("is not that of a read which was under way when the other store broke too", () => {
    const both: DrillEvent = { type: "fault", at: 2000, target: "secondary", fault: "killed" };
    const underWay = [read(1100, "ok"), read(1990, "failed", 2010), read(2100, "failed"), read(4000, "ok")];
    expect(outageRun([...underWay, both])).toMatchObject({ failedReads: 0, rtoSeconds: 0 });
    expect(outageRun([...underWay, { ...both, at: 2020 }])).toMatchObject({ failedReads: 1 });
  });

  it("is as wrong when it is shorter than the best that was predicted", () => {
    const predicted = predicting({ best: 60, mean: 75, worst: 90 });
    expect(outageRun([read(1100, "failed"), read(1200, "ok")], { predicted })?.withinPrediction).toBe(false);
  });
});

describe("figures of runs in which something goes wrong", () => {
  const { events } = goodDrill();
  const without = (type: DrillEvent["type"]) => events.filter((event) => event.type !== type);
  const missed = (changed: readonly DrillEvent[]) =>
    computeFigures(changed)
      .targets.filter(({ met }) => !met)
      .map(({ id }) => id);

  it("do not pass when the run did not come to its end", () => {
    expect(computeFigures(without("run-ended"))).toMatchObject({ complete: false, passed: false });
  });

  it("do not pass when something was never looked at", () => {
    expect(computeFigures(without("secrets")).passed).toBe(false);
    expect(missed(without("parity"))).toEqual(["parity"]);
    expect(missed(without("survey"))).toEqual(["objects-lost", "failback-lost"]);
  });

  it("name the target that was missed, and do not pass", () => {
    const failing = read(8000, "failed");
    expect(computeFigures([...events, failing]).passed).toBe(false);
    expect(missed([...events, failing])).toEqual(["reads-outside-outages"]);
    const inFailback = read(STORY.failback, "failed");
    expect(missed([...events, inFailback])).toEqual(["failback-interruption", "reads-outside-outages"]);
    const foreign = events.map((event) =>
      event.type === "plan-applied"
        ? { ...event, changedPaths: [...event.changedPaths, "primary: resource.x"] }
        : event,
    );
    expect(missed(foreign)).toEqual(["flip-stays-on-edge"]);
  });

  it("count silence of the readers as an interruption of the failback", () => {
    const silent = events.filter(
      (event) => event.type !== "read" || event.at < STORY.failback || event.at > STORY.failback + 2000,
    );
    expect(computeFigures(silent).flips[1]?.interruptionSeconds).toBeGreaterThan(60);
    expect(missed(silent)).toEqual(["failback-interruption"]);
  });

  it("list an object that is in no store at the end", () => {
    const key = "log/entry-46.json";
    const gone = events.map((event) =>
      event.type === "survey" && event.moment === "end"
        ? { ...event, objects: event.objects.filter((object) => object.key !== key) }
        : event,
    );
    expect(computeFigures(gone).rpo?.objectsLost).toEqual([key]);
    expect(missed(gone)).toEqual(["objects-lost"]);
  });

  it("put everything since the first write at risk when no run ever completed", () => {
    const never = events.map((event) =>
      event.type === "replication" ? { ...event, report: { ...event.report, syncPoint: undefined } } : event,
    );
    expect(computeFigures(never).rpo?.seconds).toBe(scaled(STORY.killed - 200));
  });

  it("do not take a sync point that was reported only after the flip", () => {
    const late = goodDrill();
    late.ranReplicator(STORY.killed - 100, STORY.failover + 50, "primary", {
      syncPoint: iso(STORY.killed - 50),
    });
    expect(computeFigures(late.events).rpo?.seconds).toBe(scaled(STORY.killed - 22_000));
  });

  it("cannot be computed from events that are no drill's", () => {
    expect(() => computeFigures(without("run-started"))).toThrow(EvidenceError);
    expect(() => computeFigures(new SimulatedHistory({ speed: 0 }).events)).toThrow(/speed is 0/);
  });

  it("leave everything unknown that a run of nothing cannot tell", () => {
    const figures = computeFigures(new SimulatedHistory().events);
    expect(figures).toMatchObject({
      outages: [],
      flips: [],
      recovery: null,
      rpo: null,
      parity: null,
      worstLagSeconds: null,
      passed: false,
    });
    expect(figures.invariants.filter(({ holds }) => holds !== undefined)).toEqual([]);
  });
});

describe("recomputed figures", () => {
  const { events } = goodDrill();

  it("decide the twelfth invariant: equal ones prove it, others name what differs and do not pass", () => {
    const figures = computeFigures(events);
    const fromFile: unknown = JSON.parse(JSON.stringify(events));
    expect(fromFile).toHaveLength(events.length);
    const equal = withRecomputation(computeFigures(events), figures);
    expect(equal.invariants.at(-1)).toMatchObject({ id: "I12", holds: true });
    expect(equal.passed).toBe(true);
    const other = withRecomputation(computeFigures(events.slice(0, -40)), figures);
    expect(other.invariants.at(-1)).toMatchObject({
      holds: false,
      violations: expect.arrayContaining(['"reads" differs']),
    });
    expect(withRecomputation(figures, { ...figures, seed: 2 }).passed).toBe(false);
  });
});
