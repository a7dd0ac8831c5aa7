import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { readEventLog } from "../../drill/evidence/event-log";
import type { DrillEvent } from "../../drill/evidence/events";
import type { Expected } from "../../drill/evidence/expectation-shape";
import { computeFigures } from "../../drill/evidence/figures";
import { checkReport } from "../../drill/report/check-report";
import { BREAKABLE_TARGETS } from "../../drill/scenario/fault-kinds";
import { gatewayMode } from "../../drill/scenario/gateway-mode-of";
import { hasOperator, pathsOf, stepsOf, targetsOf } from "../../drill/scenario/needs";
import { parseScenario, ScenarioFileError } from "../../drill/scenario/read-scenario";
import { type DrillProgress, runDrill } from "../../drill/scenario/run-drill";
import type { ScenarioResult } from "../../drill/scenario/run-scenario";
import { allScenarios, findScenario, UnknownScenarioError } from "../../drill/scenario/scenario-files";
import { VERBS } from "../../drill/scenario/step-schema";
import { Timing } from "../../drill/stage/timing";

const HEAD = `id: mine
title: A scenario of mine
proves: that something is so which was not known before
`;

function problemsOf(text: string, file = "mine.yaml"): readonly string[] {
  try {
    parseScenario(text, file);
    return [];
  } catch (error) {
    if (error instanceof ScenarioFileError) return error.message.split("\n");
    throw error;
  }
}

describe("a scenario file", () => {
  it("gets what it leaves out", () => {
    const steps = "steps: [{ phase: outage }, { wait: { readersOn: secondary } }]";
    const scenario = parseScenario(`${HEAD}${steps}`, "mine.yaml");
    expect(scenario).toMatchObject({
      speed: 30,
      load: { readersPerSecond: 40, writesPerSecond: 5, objects: 100 },
      schedule: "on",
      lastRun: "clean",
      sets: [],
      expected: {},
      targets: {},
      steps: [{ phase: "outage" }, { wait: { readersOn: "secondary", within: 900 } }],
    });
  });

  it.each([
    ["no YAML", "steps: [\n", /^mine\.yaml:5:1: not YAML: /],
    ["an unknown name", "stepps: []\nsteps: [{ phase: a }]", /^mine\.yaml:4:1: stepps: is not known here$/],
    ["no steps", "", /^mine\.yaml:1:1: steps: /],
    [
      "an unknown verb",
      "steps:\n  - phase: a\n  - explode: primary",
      /^mine\.yaml:6:5: steps\.1\.explode: is no step; a step is one of phase, fault, mend, /,
    ],
    [
      "two verbs in one step",
      "steps:\n  - mend: primary\n    phase: a",
      /^mine\.yaml:5:5: steps\.0: a step is one verb and what it takes; found mend and phase$/,
    ],
    [
      "a fault that its target cannot have",
      "steps:\n  - fault: { target: resolvers, kind: hangs }",
      /^mine\.yaml:5:33: steps\.0\.fault\.kind: resolvers cannot be "hangs"; it can be unreadable, disagreeing$/,
    ],
    [
      "a fault without its measure",
      "steps:\n  - fault: { target: primary, kind: slow }",
      /^mine\.yaml:5:5: steps\.0\.fault: "slow" needs seconds$/,
    ],
    [
      "a wait for a store that is none",
      "steps:\n  - wait: { writerOn: tertiary }",
      /^mine\.yaml:5:13: steps\.0\.wait\.writerOn: .*"primary"\|"secondary"/,
    ],
    [
      "a condition with too much",
      "steps:\n  - wait: { pool: { store: primary, healthy: true, sick: no } }",
      /^mine\.yaml:5:52: steps\.0\.wait\.pool\.sick: is not known here$/,
    ],
    [
      "a mistake in a step within a step",
      "steps:\n  - repeat:\n      times: 2\n      steps:\n        - phase: Not Kebab",
      /^mine\.yaml:8:11: steps\.0\.repeat\.steps\.0\.phase: expected words in lower case, joined by -$/,
    ],
    [
      "an expectation that nobody can judge",
      "steps: [{ phase: a }]\nexpected: { happiness: 3 }",
      /^mine\.yaml:5:13: expected\.happiness: is not known here$/,
    ],
    ["a speed that is none", "speed: 0\nsteps: [{ phase: a }]", /^mine\.yaml:4:1: speed: /],
  ])("is refused for %s, with the place and what is allowed", (_what, text, message) => {
    const problems = problemsOf(`${HEAD}${text}`);
    expect(problems).toHaveLength(1);
    expect(problems[0]).toMatch(message);
  });

  it("is refused for every mistake at once", () => {
    const text = `${HEAD}steps:\n  - explode: a\n  - wait: { lagBelow: soon }\ntargets: { recoverySeconds: -1 }`;
    expect(problemsOf(text).map((problem) => problem.split(": ")[0])).toEqual([
      "mine.yaml:5:5",
      "mine.yaml:6:13",
      "mine.yaml:7:12",
    ]);
  });

  it("is called as its id", () => {
    expect(problemsOf(`${HEAD}steps: [{ phase: a }]`, "folder/other.yaml")).toEqual([
      'folder/other.yaml:1:1: id "mine" is not the file\'s name; use "other"',
    ]);
  });

  it("is found by its id or its path, and by nothing else", () => {
    expect(findScenario("primary-killed").id).toBe("primary-killed");
    expect(() => findScenario("primary-kiled")).toThrow(UnknownScenarioError);
    expect(() => findScenario("./nowhere.yaml")).toThrow(/there is no file .*nowhere\.yaml/);
  });
});

describe("the project's scenarios", () => {
  const scenarios = allScenarios();

  it("break every target there is, and use every verb", () => {
    const broken = new Set(scenarios.flatMap((scenario) => [...targetsOf(scenario)]));
    expect(BREAKABLE_TARGETS.filter((target) => !broken.has(target))).toEqual([]);
    const verbs = new Set(scenarios.flatMap(({ steps }) => stepsOf(steps).flatMap(Object.keys)));
    expect(Object.keys(VERBS).filter((verb) => !verbs.has(verb))).toEqual([]);
  });

  it("say what must come true", () => {
    const silent = scenarios.filter(({ expected }) => Object.keys(expected).length < 2);
    expect(silent.map(({ id }) => id)).toEqual([]);
  });

  it("leave no time-out to luck: what hangs or is slow runs at a speed at which time-outs are to scale", () => {
    const timed = scenarios.filter(({ steps }) =>
      stepsOf(steps).some(
        (step) =>
          "fault" in step &&
          ["hangs", "slow"].includes(step.fault.kind) &&
          ["primary", "secondary"].includes(step.fault.target),
      ),
    );
    expect(timed.length).toBeGreaterThan(1);
    expect(timed.filter(({ speed }) => speed > 5).map(({ id }) => id)).toEqual([]);
  });

  it("tell the stage what they need of it", () => {
    expect(pathsOf(findScenario("tls-expired")).tls).toBe(true);
    expect(pathsOf(findScenario("probes-region-lost")).regions).toEqual(["WEU"]);
    expect([...targetsOf(findScenario("marker-unreadable"))]).toEqual(["resolvers"]);
    expect(hasOperator(findScenario("primary-killed"))).toBe(false);
  });
});

const OUTAGE = `id: outage
title: The primary is gone for a moment
proves: that a scenario of one's own is played, judged from its log, and reported on
speed: 60
load: { objects: 20 }
steps:
  - phase: outage
  - fault: { target: primary, kind: killed }
  - wait: { readersOn: secondary }
  - together:
      - put: { store: secondary, key: by-hand/, keys: 3, by: stale-writer }
      - survey: { store: secondary, moment: meanwhile }
  - mend: primary
  - delete: { store: secondary, key: by-hand/, keys: 3, by: stale-writer }
expected:
  outages: [{ target: primary, readers: as-predicted }]
  flips: []
  lost: 0
`;

const BROKEN_OFF = `id: broken-off
title: A step does not come out
proves: that a story which cannot go on is a failure with its reason and a report
speed: 60
load: { objects: 5 }
steps:
  - phase: outage
  - replicate: { outcome: stopped }
  - put: { store: primary, key: never/written }
`;

describe("a fault of a store", () => {
  const { timing, seed } = { timing: new Timing(30), seed: 1 };

  it.each([
    [{ kind: "answers-403" }, { kind: "answers", status: 403 }],
    [
      { kind: "slow", seconds: 60 },
      { kind: "slow", seconds: 2 },
    ],
    [
      { kind: "throttled", perSecond: 5 },
      { kind: "throttled", requestsPerSecond: 5 },
    ],
    [
      { kind: "throttled", atOnce: 12 },
      { kind: "crowded", requestsAtOnce: 12 },
    ],
    [
      { kind: "clock-skewed", minutes: -7 },
      { kind: "clock-skewed", minutes: -7 },
    ],
    [
      { kind: "cut", share: 0.5 },
      { kind: "cut", share: 0.5, seed: 1 },
    ],
    [{ kind: "data-path-broken" }, { kind: "data-path-broken" }],
    [{ kind: "killed" }, { kind: "pass" }],
  ] as const)("%j is for its gateway %j", (fault, mode) => {
    expect(gatewayMode(fault, { timing, seed })).toEqual(mode);
  });
});

describe("a drill", () => {
  let folder: string;
  let outage: ScenarioResult;
  let brokenOff: ScenarioResult;
  const told: string[] = [];

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "drill-test-"));
    const scenarios = [OUTAGE, BROKEN_OFF].map((text) => {
      const file = join(folder, `${/id: (.*)/.exec(text)?.[1]}.yaml`);
      writeFileSync(file, text);
      return findScenario(file);
    });
    const progress: DrillProgress = {
      prepared: () => told.push("prepared"),
      began: ({ id }) => told.push(`began ${id}`),
      update: () => undefined,
      ended: ({ scenario: { id } }) => told.push(`ended ${id}`),
    };
    const results = await runDrill({
      scenarios,
      stores: "embedded",
      seed: 1,
      reportFolder: join(folder, "report"),
      signal: new AbortController().signal,
      progress,
    });
    [outage, brokenOff] = results as [ScenarioResult, ScenarioResult];
  });

  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  /** The run's events, as if the scenario had expected something else. */
  const expecting = (expected: Expected): readonly DrillEvent[] =>
    readEventLog(outage.report.files.events).history.map((event) =>
      event.type === "run-started" && event.scenario !== undefined
        ? { ...event, scenario: { ...event.scenario, expected } }
        : event,
    );

  it("plays a scenario of one's own and judges it from its log", () => {
    expect({ problem: outage.problem, passed: outage.passed }).toEqual({ problem: undefined, passed: true });
    expect(outage.report.figures).toMatchObject({
      complete: true,
      scenario: { id: "outage" },
      outages: [{ store: "primary", fault: "killed", withinPrediction: true }],
      flips: [],
      keys: { lost: [] },
    });
    const writes = readEventLog(outage.report.files.events).history.filter(
      (event) => event.type === "write" && event.by === "stale-writer",
    );
    expect(writes).toHaveLength(6);
  });

  it("finds wanting what does not come out as expected", () => {
    const { notApplicable } = outage.scenario.expected;
    for (const expected of [
      { flips: ["secondary"] },
      { outages: [{ target: "secondary", readers: "unharmed" }] },
      { lost: 2 },
      { refusals: { atLeast: 1 } },
      { poolDown: { secondary: 1 } },
    ] satisfies Expected[]) {
      expect(computeFigures(expecting({ notApplicable, ...expected })).passed).toBe(false);
    }
    expect(computeFigures(expecting({ notApplicable, flips: [], lost: 0 })).passed).toBe(true);
  });

  it("breaks a story off at a step that does not come out, says which, and reports on it", () => {
    expect(brokenOff.passed).toBe(false);
    expect(brokenOff.problem).toBe(
      "step 2 (replicate outcome stopped): the run of the replicator was clean; expected stopped",
    );
    expect(brokenOff.report.figures.complete).toBe(false);
    expect(readFileSync(brokenOff.report.files.events, "utf8")).not.toContain("never/written");
  });

  it("leaves a report for each, which says what its log says, and an index", () => {
    for (const id of ["outage", "broken-off"]) {
      const check = checkReport(join(folder, "report", id));
      expect({ id, problems: check.problems }).toEqual({ id, problems: [] });
    }
    const index = JSON.parse(readFileSync(join(folder, "report", "index.json"), "utf8"));
    expect(index).toMatchObject({
      passed: false,
      scenarios: [
        { id: "outage", passed: true },
        { id: "broken-off", passed: false, problem: brokenOff.problem },
      ],
    });
    expect(existsSync(join(folder, "report", "index.html"))).toBe(true);
    expect(told).toEqual([
      "prepared",
      "began outage",
      "ended outage",
      "began broken-off",
      "ended broken-off",
    ]);
  });
});
