import { describe, expect, it } from "@jest/globals";
import type { DrillEvent, RunStarted } from "../../drill/evidence/events";
import { expectedSchema, targetsSchema } from "../../drill/evidence/expectation-shape";
import { computeFigures } from "../../drill/evidence/figures";
import { goodDrill, STORY } from "../support/drill-story";

type Scenario = NonNullable<RunStarted["scenario"]>;
type Expected = Scenario["expected"];

const good = goodDrill().events;

function as(expected: Expected, targets: Scenario["targets"] = {}, events: readonly DrillEvent[] = good) {
  const scenario = { id: "story", title: "The story", proves: "That it is told.", expected, targets };
  return computeFigures(
    events.map((event) => (event.type === "run-started" ? { ...event, scenario } : event)),
  );
}

/** What did not come true. */
function otherwise(expected: Expected, events: readonly DrillEvent[] = good): readonly string[] {
  return as(expected, {}, events)
    .expectations.filter(({ met }) => !met)
    .map(({ id }) => id.replace("expected.", ""));
}

const refused: DrillEvent = {
  type: "operator",
  at: STORY.failover - 900,
  end: STORY.failover - 800,
  command: ["flip", "--to", "secondary"],
  exitCode: 1,
  outcome: "refused",
  reasons: ["standby is behind"],
};

describe("expectations of a scenario", () => {
  const allTrue: Expected = {
    failedReads: 9,
    outages: [
      { target: "primary", readers: "as-predicted", noticed: "as-predicted" },
      { target: "primary", number: 2, readers: "unharmed", noticed: true },
    ],
    flips: ["secondary", "primary"],
    refusals: 0,
    poolDown: { primary: 2, secondary: 0 },
    exceptions: { conflict: 1, deleted: { atLeast: 1 }, late: { atMost: 0 } },
    runs: { clean: { atLeast: 3 }, failed: 0 },
    overtakenRuns: 0,
    lost: 0,
    equalAtEnd: true,
    decides: ["I1", "I2", "I3", "I4", "I5", "I6", "I7", "I8", "I9", "I10", "I11"],
  };

  it("come true in a drill that goes as they say", () => {
    const figures = as(allTrue);
    expect(otherwise(allTrue)).toEqual([]);
    expect(figures.expectations).toHaveLength(17);
    expect(figures).toMatchObject({ passed: true, scenario: { id: "story" } });
    expect(expectedSchema.safeParse(allTrue).success).toBe(true);
  });

  it.each<readonly [string, Expected, readonly string[]]>([
    ["another number of failed reads", { failedReads: { atMost: 8 } }, ["failedReads"]],
    ["unharmed readers", { outages: [{ target: "primary", readers: "unharmed" }] }, ["outages[0].readers"]],
    [
      "readers harmed by a kill",
      { outages: [{ target: "primary", number: 2, readers: "harmed" }] },
      ["outages[0].readers"],
    ],
    [
      "readers without help until the fault is mended",
      { outages: [{ target: "primary", readers: "until-mended" }] },
      ["outages[0].readers"],
    ],
    [
      "monitors that see nothing",
      { outages: [{ target: "primary", readers: "harmed", noticed: false }] },
      ["outages[0].noticed"],
    ],
    [
      "an outage that never was",
      { outages: [{ target: "secondary", readers: "unharmed" }] },
      ["outages[0].target"],
    ],
    ["no flip", { flips: [] }, ["flips"]],
    ["flips in another order", { flips: ["primary", "secondary"] }, ["flips"]],
    ["a refusal", { refusals: { atLeast: 1 } }, ["refusals"]],
    ["a pool that stays up", { poolDown: { primary: 0 } }, ["poolDown.primary"]],
    ["no conflict", { exceptions: { conflict: 0 } }, ["exceptions.conflict"]],
    ["a run that stops", { runs: { stopped: { atLeast: 1 } } }, ["runs.stopped"]],
    ["a run that a flip overtook", { overtakenRuns: { atLeast: 1 } }, ["overtakenRuns"]],
    ["losses", { lost: { atLeast: 1 } }, ["lost"]],
    ["differences at the end", { equalAtEnd: false }, ["equalAtEnd"]],
  ])("do not come true when they say: %s", (_what, expected, wanting) => {
    expect(otherwise(expected)).toEqual(wanting);
    expect(as(expected).passed).toBe(false);
  });

  it("count a refused command, which flips nothing, and none that only found something", () => {
    const looked: DrillEvent = { ...refused, command: ["strays", "--from", "primary"] };
    expect(otherwise({ refusals: 1, flips: ["secondary", "primary"] }, [...good, refused, looked])).toEqual(
      [],
    );
  });

  it("know whether monitors noticed as soon as predicted, or later", () => {
    const noticed: Expected = {
      outages: [{ target: "primary", number: 2, readers: "unharmed", noticed: "as-predicted" }],
    };
    const late = good.map((event) =>
      event.type === "pool" && event.at === STORY.killedNoticed
        ? { ...event, at: STORY.killed + 2300 }
        : event,
    );
    expect(STORY.killed + 2300).toBeLessThan(STORY.returned);
    expect(otherwise(noticed)).toEqual([]);
    expect(otherwise(noticed, late)).toEqual(["outages[0].noticed"]);
  });

  it("count a run that a flip came in the middle of", () => {
    const stretched = good.map((event) =>
      event.type === "replication" && event.at > STORY.failover && event.report.source === "secondary"
        ? { ...event, at: STORY.failover - 1 }
        : event,
    );
    expect(otherwise({ overtakenRuns: { atLeast: 1 } }, stretched)).toEqual([]);
  });

  it("know that readers failed until something was done: the fault was mended, or the toggle flipped", () => {
    const fails = (at: number): DrillEvent => ({
      type: "read",
      at,
      end: at + 4,
      key: "k",
      outcome: "failed",
    });
    const failing = good.flatMap((event) =>
      event.type === "read" && event.at >= STORY.killed && event.at < STORY.failover
        ? fails(event.at)
        : event,
    );
    const expected: Expected = { outages: [{ target: "primary", number: 2, readers: "until-mended" }] };
    expect(otherwise(expected, failing)).toEqual([]);
    expect(otherwise(expected)).toEqual(["outages[0].readers"]);
  });

  it("demand a reason for what the run left open, and accept none for what it is there to show", () => {
    const unsearched = good.filter((event) => event.type !== "secrets");
    expect(otherwise({}, unsearched)).toEqual(["notApplicable.I11"]);
    expect(otherwise({ notApplicable: { I11: "nothing is written to disk" } }, unsearched)).toEqual([]);
    expect(otherwise({ decides: ["I11"], notApplicable: { I11: "nothing is written" } }, unsearched)).toEqual(
      ["decides.I11"],
    );
    // Without a flip there is nothing to say of one: that needs no reason.
    const calm = good.filter(
      ({ at, type }) => (at < STORY.killed - 100 && type !== "fault") || type === "run-ended",
    );
    const { invariants } = as({}, {}, calm);
    expect(invariants.find(({ id }) => id === "I8")).toMatchObject({ applies: false });
    expect(otherwise({}, calm)).not.toContain("notApplicable.I8");
    expect(otherwise({ decides: ["I8"] }, calm)).toContain("decides.I8");
  });

  it("never outweigh an invariant that is broken", () => {
    const found = good.map((event) =>
      event.type === "secrets" ? { ...event, found: ["events.jsonl"] } : event,
    );
    const expected: Expected = { notApplicable: { I11: "secrets are of no interest" } };
    expect(otherwise(expected, found)).toEqual([]);
    expect(as(expected, {}, found).passed).toBe(false);
  });
});

describe("targets of a scenario", () => {
  const missed = (targets: Scenario["targets"]) =>
    as({}, targets)
      .targets.filter(({ met }) => !met)
      .map(({ id }) => id);

  it("are only those that it names, and what no run may break", () => {
    expect(as({}).targets.map(({ id }) => id)).toEqual([
      "data-at-risk",
      "failback-lost",
      "reads-outside-outages",
      "flip-stays-on-edge",
    ]);
  });

  it("hold the whole recovery, part by part, to its limits", () => {
    const wide = {
      recoverySeconds: 60,
      writesResumeSeconds: 300,
      flipSeconds: 200,
      writesPausedSeconds: 300,
      dataAtRiskSeconds: 120,
      lagSeconds: 3600,
    };
    expect(targetsSchema.safeParse(wide).success).toBe(true);
    expect(missed(wide)).toEqual([]);
    const none = Object.fromEntries(Object.keys(wide).map((name) => [name, 0]));
    expect(missed(none)).toEqual([
      "recovery",
      "writes-resume",
      "flip",
      "writes-paused",
      "data-at-risk",
      "lag",
    ]);
  });
});

describe("the recovery from a loss", () => {
  it("is told for readers and writers apart, with the decision, and for all together", () => {
    const [refusing, killed] = as({}).recoveries;
    expect(refusing).toMatchObject({ fault: "answers-503", decisionSeconds: null, recovered: true });
    expect(killed).toMatchObject({
      dataPlaneSeconds: 0,
      decisionSeconds: ((STORY.failover - STORY.killed) * 30) / 1000,
      recovered: true,
    });
    // Refused at the loss, acknowledged by the secondary once the fence was over.
    expect(killed?.controlPlaneSeconds).toBeCloseTo(((STORY.writerMoved + 58 - STORY.killed) * 30) / 1000, 3);
    expect(killed?.bothSeconds).toBe(killed?.controlPlaneSeconds);
    expect(killed?.reconciledSeconds).toBeGreaterThan(killed?.bothSeconds ?? 0);
  });

  it("is none while both stores are not known to be equal again, however well both planes are", () => {
    const unclean = good.map((event) =>
      event.type === "replication" && event.end > STORY.returned
        ? { ...event, report: { ...event.report, outcome: "failed" as const } }
        : event,
    );
    const [, killed] = as({}, {}, unclean).recoveries;
    expect(killed).toMatchObject({
      dataPlaneSeconds: 0,
      reconciledSeconds: null,
      bothSeconds: null,
      recovered: false,
    });
    const different = good.map((event) =>
      event.type === "parity" && event.moment === "end"
        ? { ...event, differences: [{ key: "a", what: "etag" }] }
        : event,
    );
    expect(as({}, {}, different).recovery).toMatchObject({ recovered: false, bothSeconds: null });
  });

  it("counts from the operator's command when one flipped", () => {
    const command: DrillEvent = {
      ...refused,
      at: STORY.failover - 500,
      end: STORY.failover + 100,
      exitCode: 0,
      outcome: "done",
    };
    const [, killed] = as({}, {}, [...good, command]).recoveries;
    expect(killed?.decisionSeconds).toBe(((STORY.failover - 500 - STORY.killed) * 30) / 1000);
  });
});
