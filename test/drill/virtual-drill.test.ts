import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "@jest/globals";
import { readEdgePlan } from "../../drill/edge/read-edge-plan";
import { distributionOf } from "../../drill/virtual/distribution";
import { figureRows } from "../../drill/virtual/figure-rows";
import { judged } from "../../drill/virtual/judged-figure";
import { passSecondsOf, TooManyWritesError, USUAL_WORK } from "../../drill/virtual/pass-work";
import { virtualDrill } from "../../drill/virtual/virtual-drill";
import { type Variation, type VirtualPlan, varied } from "../../drill/virtual/virtual-plan";
import { seededRandom } from "../../drill/workload/seeded-random";
import { runCommand } from "../support/command-line";
import { ReplicatedPair } from "../support/replicated-pair";
import { edgeStackJson } from "./edge-stack-fixture";

/** More are made by `drill --virtual --runs 10000`. */
const RUNS = Number(process.env.VIRTUAL_RUNS ?? 250);

const PLAN: VirtualPlan = {
  edge: readEdgePlan(edgeStackJson("primary")),
  runEverySeconds: 300,
  runSeconds: 780,
  work: USUAL_WORK,
};

describe("a virtual drill", () => {
  it.each<[string, Variation]>([
    ["the defaults on Pro", {}],
    ["Business, two failed checks that each fill the interval", { intervalSeconds: 15, consecutiveDown: 2 }],
    [
      "two regions, and checks that outlast the interval",
      {
        checkRegions: ["WEU", "ENAM"],
        intervalSeconds: 30,
        timeoutSeconds: 10,
        retries: 3,
        consecutiveDown: 2,
      },
    ],
    [
      "three regions, and passes that about fill the minute between two runs",
      { checkRegions: ["WEU", "ENAM", "SEAS"], everyMinutes: 1, passSeconds: 60 },
    ],
    ["passes of several runs, and many writes", { passSeconds: 1700, writesPerSecond: 40 }],
  ])(
    "of %s: means within 3 % of what is predicted, and nothing beyond the predicted range",
    (_what, variation) => {
      const figures = virtualDrill(varied(PLAN, variation), { runs: RUNS, seed: 7 });
      for (const { id, figure } of figureRows(figures)) {
        expect({
          id,
          difference: Math.abs(figure.meanDifference ?? 0) < 0.03,
          agrees: figure.agrees,
        }).toEqual({
          id,
          difference: true,
          agrees: true,
        });
      }
      expect(figures.agrees).toBe(true);
    },
  );

  it("measures reads that never fail where the edge repeats them, and that fail where it may not", () => {
    const withoutRetry = { ...PLAN, edge: { ...PLAN.edge, failoverAcrossPools: false } };
    const options = { runs: 100, seed: 1 };
    expect(virtualDrill(PLAN, options).recoverySeconds.unreachable.measured.worst).toBe(0);
    expect(virtualDrill(withoutRetry, options).recoverySeconds.unreachable).toMatchObject({ agrees: true });
    expect(virtualDrill(withoutRetry, options).recoverySeconds.unreachable.measured.best).toBeGreaterThan(0);
  });

  it("does not agree where the plan's edge never notices: a monitor that looks at the port only", () => {
    const blind = {
      ...PLAN,
      edge: readEdgePlan(
        withMonitors((monitor) => {
          monitor.type = "tcp";
        }),
      ),
    };
    const { refusing } = virtualDrill(blind, { runs: 20, seed: 1 }).recoverySeconds;
    expect(refusing).toMatchObject({ agrees: false, measured: { worst: Number.POSITIVE_INFINITY } });
  });

  it("gives the same figures for the same seed, and others for another", () => {
    const means = (seed: number) =>
      figureRows(virtualDrill(PLAN, { runs: 50, seed })).map(({ figure }) => figure.measured.mean);
    expect(means(3)).toEqual(means(3));
    expect(means(3)).not.toEqual(means(4));
  });
});

function withMonitors(change: (monitor: { type: string }) => void): unknown {
  const stack = edgeStackJson("primary");
  for (const monitor of Object.values(stack.resource.cloudflare_load_balancer_monitor)) change(monitor);
  return stack;
}

describe("a judgement", () => {
  const spread = Array.from({ length: 101 }, (_, index) => index);

  it("finds a mean that is off, and a value beyond the range", () => {
    expect(judged(spread, { best: 0, mean: 50, worst: 100 })).toMatchObject({
      agrees: true,
      meanDifference: 0,
    });
    const many = Array.from({ length: 200 }, () => spread).flat();
    expect(judged(many, { best: 0, mean: 52, worst: 100 }).agrees).toBe(false);
    expect(judged(spread, { best: 0, mean: 50, worst: 99 }).agrees).toBe(false);
    expect(judged(spread, { best: 1, mean: 50, worst: 100 }).agrees).toBe(false);
  });

  it("tells a distribution as it is", () => {
    const { histogram, ...figures } = distributionOf([...spread, 300], { best: -20, worst: 100 });
    expect(figures).toMatchObject({ count: 102, best: 0, median: 50, p95: 96, worst: 300 });
    expect(histogram.from).toBe(-20);
    expect(histogram.counts.reduce((sum, count) => sum + count, 0)).toBe(102);
  });
});

describe("the time of a pass", () => {
  const schedule = { intervalSeconds: 300, runSeconds: 780 };

  it("grows with objects, sizes and writes, and settles where a pass copies what came during the one before", () => {
    const least = passSecondsOf({ objects: 0, objectBytes: 0, writesPerSecond: 0 }, schedule);
    expect(least).toBe(1);
    expect(passSecondsOf({ ...USUAL_WORK, objects: 1_000_000 }, schedule)).toBeGreaterThan(100);
    // 500 writes/s take half of the time: what is written in the 600 s between two begins is copied in 300 s, beside 200 s of listing.
    const busy = passSecondsOf({ objects: 2_000_000, objectBytes: 0, writesPerSecond: 500 }, schedule);
    expect(busy).toBeCloseTo(501);
  });

  it("has no end where writes come faster than they are copied", () => {
    const work = { objects: 0, objectBytes: 100_000_000, writesPerSecond: 1 };
    expect(() => passSecondsOf(work, schedule)).toThrow(TooManyWritesError);
  });

  /** The virtual schedule against the replicator itself: what a run vouches for is what was there when its pass began. */
  it("counts as the replicator counts: a sync point is the begin of the last complete pass", async () => {
    const random = seededRandom(11);
    const pair = await ReplicatedPair.replicated();
    for (let run = 0; run < 10; run += 1) {
      pair.write("primary", `key-${run}`, "x");
      const passMilliseconds = 1000 * random.whole(1, 200);
      let began: number | undefined;
      pair.intercept = (store, operation) => {
        if (store !== "primary" || operation !== "list" || began !== undefined) return;
        began = pair.clock.monotonic();
      };
      pair.interceptAfter = (store, operation) => {
        if (store === "secondary" && operation === "put") pair.clock.advance(passMilliseconds / 4);
      };
      const { outcome, syncPoint } = await pair.run();
      expect(outcome).toBe("clean");
      const early = (began ?? 0) - Date.parse(syncPoint ?? "");
      // Never later than the begin, and earlier by no more than the whole seconds of a Date and its margin.
      expect(early).toBeGreaterThanOrEqual(0);
      expect(early).toBeLessThanOrEqual(2000);
    }
  });
});

describe("storage-failover drill --virtual", () => {
  const folder = mkdtempSync(join(tmpdir(), "virtual-drill-"));
  afterAll(() => rmSync(folder, { recursive: true }));
  const drill = (...args: string[]) =>
    runCommand(["drill", "--virtual", "--synthesized", join(folder, "out"), ...args]);

  it("prints figures of the synthesized plan, compares, and leaves a page and JSON", async () => {
    await synthesized();
    const shown = await drill(
      "--runs",
      "300",
      "--compare",
      "interval=15,60",
      "--every-minutes",
      "10",
      "--report",
      folder,
    );
    expect([shown.code, shown.error]).toEqual([0, ""]);
    expect(shown.out).toMatch(
      /300 outages of each kind · seed 1\n.*probes every 60 s from WEU.* a run every 10 min/,
    );
    expect(shown.out).toMatch(/✔ reads fail, active store hangs +1[5-7](\.\d)? s .* 47\.5 s/);
    expect(shown.out).toMatch(/interval +15 +60\n/);
    const report = JSON.parse(readFileSync(join(folder, "virtual.json"), "utf8"));
    expect(report).toMatchObject({
      version: 1,
      hostname: "assets.example.com",
      runs: 300,
      seed: 1,
      settings: { runEverySeconds: 600 },
    });
    expect(report.comparison.rows.map(({ value }: { value: number }) => value)).toEqual([15, 60]);
    const page = readFileSync(join(folder, "virtual.html"), "utf8");
    expect(page.match(/<svg role="img"/g)).toHaveLength(4);
    expect(page).not.toMatch(/<script|https?:\/\/(?!www\.w3\.org)/);
  });

  it("prints one JSON object, the same for the same seed", async () => {
    const json = async () => {
      const { out } = await drill("--runs", "40", "--json", "--report", folder);
      const { machineSeconds: _time, ...report } = JSON.parse(out);
      return report;
    };
    expect(await json()).toEqual(await json());
  });

  it("refuses what cannot be, with what to do", async () => {
    const refusals: readonly (readonly [readonly string[], RegExp])[] = [
      [["--interval", "0"], /--interval.*allowed: a whole number from 5 to 3600/],
      [["--compare", "colour=1"], /names: interval, timeout/],
      [["--regions", "weu"], /region codes of Cloudflare/],
      [["--writes-per-second", "2000"], /falls behind without end.*--pass-seconds/],
      [["primary-killed"], /--virtual plays no scenarios/],
      [["--synthesized", "/nonexistent"], /is not there; run npx cdktf synth/],
    ];
    await Promise.all(
      refusals.map(async ([args, message]) => {
        const { code, error } = await drill("--runs", "1", "--report", folder, ...args);
        expect([code, error]).toEqual([2, expect.stringMatching(message)]);
      }),
    );
  });

  it("refuses its options without --virtual, rather than ignoring them", async () => {
    const { code, error } = await runCommand(["drill", "--all", "--consecutive-down", "2"]);
    expect([code, error]).toEqual([
      2,
      "error: --consecutive-down is for --virtual; add that, or leave it out\n",
    ]);
  });

  async function synthesized(): Promise<void> {
    const { mkdir, writeFile } = await import("node:fs/promises");
    const stacks = {
      primary: {},
      secondary: {},
      edge: edgeStackJson("primary"),
      replication: {
        resource: {
          // As with events and fan-out: several functions, several rules.
          aws_lambda_function: {
            events: { handler: "handler.events", timeout: 60 },
            sweep: { handler: "handler.handler", timeout: 840 },
          },
          aws_cloudwatch_event_rule: {
            objects: { event_pattern: "{}" },
            schedule: { schedule_expression: "rate(5 minutes)" },
          },
        },
      },
    };
    for (const [name, stack] of Object.entries(stacks)) {
      await mkdir(join(folder, "out", "stacks", name), { recursive: true });
      await writeFile(join(folder, "out", "stacks", name, "cdk.tf.json"), JSON.stringify(stack));
    }
  }
});
