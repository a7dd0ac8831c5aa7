import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { describe, expect, it } from "@jest/globals";
import { readOptions, WrongUseError } from "../../bench/options";
import { replicationChart } from "../../bench/replication/chart";
import { CONTENDERS, type ContenderName } from "../../bench/replication/contenders";
import { allowedCores, chooseCores } from "../../bench/replication/cores";
import { replicationMarkdown } from "../../bench/replication/markdown";
import { MissingProgramError, obtainRclone, obtainServer } from "../../bench/replication/programs";
import type { Sample } from "../../bench/replication/rounds";
import { summarize } from "../../bench/replication/summary";
import { judge } from "../../bench/replication/targets";
import { WORKLOADS } from "../../bench/replication/workloads";
import { readResults, resultsPage, writeResults } from "../../bench/results-files";
import { startContext } from "../../drill/local-cloud/start-options";

interface Given {
  readonly workload: string;
  readonly contender: ContenderName;
  readonly objects: number;
  /** Of the run, its start included, by round. */
  readonly cpuSeconds: readonly number[];
  readonly wallSeconds?: number;
  readonly peakBytes?: number;
  readonly requests?: Sample["requests"];
  readonly check?: Partial<Sample["check"]>;
}

const START_SECONDS = 0.5;

function samplesOf(given: Given): readonly Sample[] {
  const { workload, contender, objects, wallSeconds = 1, peakBytes = 100e6 } = given;
  return given.cpuSeconds.map((seconds, index) => ({
    workload,
    contender,
    objects,
    round: index + 1,
    cost: { userSeconds: seconds * 0.75, systemSeconds: seconds * 0.25, wallSeconds, peakBytes },
    empty: { userSeconds: START_SECONDS, systemSeconds: 0, wallSeconds: START_SECONDS, peakBytes },
    requests: given.requests ?? {},
    check: { expected: objects, equal: objects, sameEtag: objects, lost: [], extra: 0, ...given.check },
  }));
}

/** A run in which every target is met, just so. */
const ALL_MET: readonly Given[] = [
  { workload: "small", contender: "replicator", objects: 20_000, cpuSeconds: [3.5, 9, 2.5] },
  { workload: "small", contender: "sdk", objects: 1_000, cpuSeconds: [1.401, 1.401, 1.401] },
  { workload: "small", contender: "rclone", objects: 10_000, cpuSeconds: [5, 5, 5] },
  { workload: "small", contender: "rclone-metadata", objects: 10_000, cpuSeconds: [5.75, 5.75, 5.75] },
  { workload: "small", contender: "rclone-no-head", objects: 10_000, cpuSeconds: [3.95, 3.95, 3.95] },
  { workload: "small-20ms", contender: "replicator", objects: 20_000, cpuSeconds: [3], wallSeconds: 5 },
  { workload: "small-20ms", contender: "rclone-256", objects: 20_000, cpuSeconds: [9], wallSeconds: 12 },
  {
    workload: "small-20ms",
    contender: "rclone-no-head-256",
    objects: 20_000,
    cpuSeconds: [9],
    wallSeconds: 10,
  },
  { workload: "unchanged", contender: "replicator", objects: 1_000_000, cpuSeconds: [2.5], peakBytes: 199e6 },
  { workload: "unchanged", contender: "rclone", objects: 1_000_000, cpuSeconds: [16.6] },
  { workload: "large", contender: "replicator", objects: 20, cpuSeconds: [2] },
  { workload: "large", contender: "rclone", objects: 20, cpuSeconds: [1.5] },
  { workload: "huge", contender: "replicator", objects: 1, cpuSeconds: [1.5], peakBytes: 200e6 },
];

const rowsOf = (given: readonly Given[]) => summarize(WORKLOADS, given.flatMap(samplesOf));

describe("figures of the replication benchmark", () => {
  it("are medians per object without the start, and ratios of those whatever the number of objects", () => {
    const rows = rowsOf(ALL_MET.slice(0, 2));

    const [ours, sdk] = rows;
    // (3.5 - 0.5) s over 20,000 objects; the slow round is in the spread only.
    expect(ours?.cpuMicroseconds.median).toBeCloseTo(150);
    expect(ours?.cpuMicroseconds.least).toBeCloseTo(100);
    expect(ours?.cpuMicroseconds.most).toBeCloseTo(425);
    expect(ours?.cpuSeconds.median).toBeCloseTo(3.5);
    expect(ours?.cpuRatio).toBeUndefined();
    expect(sdk?.cpuMicroseconds.median).toBeCloseTo(901);
    expect(sdk?.cpuRatio).toBeCloseTo(6, 1);
  });

  it("count per MB where objects are large, requests without the program's own state, and what was lost", () => {
    const requests = { GetObject: 20, PutObject: 20, ListObjectsV2: 2, state: 9 };
    const [row] = rowsOf([
      {
        workload: "large",
        contender: "replicator",
        objects: 20,
        cpuSeconds: [1.5],
        requests,
        check: { sameEtag: 19, lost: ["tags", "expires"] },
      },
    ]);

    // 1 s over 20 times 50 MB.
    expect(row?.cpuMicroseconds.median).toBeCloseTo(1000);
    expect(row?.requestsPerObject).toBeCloseTo(2.1);
    expect(row?.lost).toEqual(["etag", "expires", "tags"]);
  });

  it("say by how much a target is missed, and what was not measured", () => {
    expect(judge(rowsOf(ALL_MET)).filter(({ met }) => met !== true)).toEqual([]);

    const slower = ALL_MET.map((given) =>
      given.contender === "replicator" && given.workload === "small-20ms"
        ? { ...given, wallSeconds: 8 }
        : given,
    );
    const missed = judge(rowsOf(slower.filter(({ workload }) => workload !== "huge"))).filter(
      ({ met }) => met !== true,
    );
    expect(missed).toEqual([
      expect.objectContaining({ wanted: "at most 200 MB", reached: "not measured" }),
      expect.objectContaining({ wanted: "at least 2x", reached: "1.25x, missed by 1.60x", met: false }),
    ]);
  });

  it("stand in the page and in the picture under each contender's name", () => {
    const rows = rowsOf(ALL_MET);
    const page = replicationMarkdown(rows);
    const picture = replicationChart(rows);

    expect(page).toMatch(/\| \*\*this replicator\*\* +\| 20,000 +\| 150 µs/);
    expect(page).toMatch(/\| rclone --metadata +\| 10,000 +\| 525 µs +\| 525 µs – 525 µs +\| 3\.50x/);
    expect(page).not.toContain("undefined");
    expect(picture).toMatch(/^<svg/);
    for (const name of ["replicator", "sdk", "rclone-metadata"] as const) {
      expect(picture).toContain(CONTENDERS[name].title);
    }
    expect(picture).toContain("3.5×");
  });
});

describe("results", () => {
  it("keep a part that was not measured again, and draw the page from what was written", () => {
    const folder = mkdtempSync(path.join(tmpdir(), "bench-test-"));
    const machine = { node: "v20", platform: "x", kernel: "6", processor: "p", cores: 2, commit: "abc" };
    const ratio = { to: "app", time: 2.5, memory: 1.5 };
    const synthesisRow = { name: "cdktf synth", command: "cdktf synth", medianSeconds: 3, ratio };
    const spread = { leastSeconds: 2, mostSeconds: 4, peakMiB: 200 };
    const replication = {
      machine,
      rounds: 3,
      scale: 1,
      rclone: "1.2.3",
      samples: ALL_MET.flatMap(samplesOf),
    };
    try {
      writeResults(folder, { synthesis: { machine, rounds: 3, rows: [{ ...synthesisRow, ...spread }] } });
      writeResults(folder, { replication });

      expect(readResults(folder).replication).toEqual(replication);
      const page = readFileSync(path.join(folder, "RESULTS.md"), "utf8");
      expect(page).toContain("rclone 1.2.3, medians of 3 rounds");
      expect(page).toContain('2.5x time, 1.5x memory of "app"');
      expect(page).toContain("](replication.svg)");
      expect(page).not.toContain("Tried out");
      expect(resultsPage({ replication: { ...replication, scale: 0.1 } })).toContain("Tried out with 0.1");
      expect(readFileSync(path.join(folder, "replication.svg"), "utf8")).toContain("rclone");
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

describe("the bench", () => {
  it("measures everything unless parts or workloads are named", () => {
    expect(readOptions([])).toMatchObject({
      parts: ["synthesis", "replication"],
      rounds: 3,
      only: [],
      scale: 1,
    });
    expect(readOptions(["replication", "--only", "small,huge", "--rounds", "5"])).toMatchObject({
      parts: ["replication"],
      only: ["small", "huge"],
      rounds: 5,
    });
  });

  it.each([
    [["replicate"], /"replicate" is no part; allowed: synthesis, replication/],
    [["--rounds", "2"], /--rounds is 2; allowed: whole numbers from 3/],
    [["--only", "small,tiny"], /--only names "tiny"; allowed: small, /],
    [["--scale", "0"], /--scale is 0; allowed/],
    [["--write", "--only", "small"], /--write keeps whole parts only/],
    [["--write", "--scale", "0.1"], /--write keeps whole parts only/],
    [["--fast"], /--fast/],
  ])("refuses %j", (args, message) => {
    expect(() => readOptions(args)).toThrow(WrongUseError);
    expect(() => readOptions(args)).toThrow(message);
  });

  it("knows the cores that it may use, which need not be the first ones", () => {
    expect(allowedCores("Name:\tnode\nCpus_allowed_list:\t2-3,7\nMems_allowed_list:\t0\n")).toEqual([
      2, 3, 7,
    ]);
    expect(allowedCores("Cpus_allowed_list:\t0\n")).toEqual([0]);
    expect(allowedCores("nothing of the kind")).toEqual([]);
    expect(chooseCores("")).toMatchObject({ measured: [], servers: [], refused: expect.any(String) });
  });

  it("says what is missing without Go: rclone is left out, its own server cannot be", async () => {
    const cacheFolder = mkdtempSync(path.join(tmpdir(), "bench-test-"));
    const said: string[] = [];
    const context = startContext({
      cacheFolder,
      environment: { PATH: cacheFolder },
      onProgress: (text) => said.push(text),
    });
    try {
      await expect(obtainServer(context)).rejects.toThrow(MissingProgramError);
      await expect(obtainServer(context)).rejects.toThrow(/install Go 1\.24 or newer/);
      await expect(obtainRclone(context)).resolves.toBeUndefined();
      expect(said).toEqual([expect.stringMatching(/left out: rclone cannot be built \(no Go toolchain/)]);
    } finally {
      rmSync(cacheFolder, { recursive: true });
    }
  });
});
