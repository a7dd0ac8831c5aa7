import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import { EventLog } from "../../drill/evidence/event-log";
import type { DrillEvent } from "../../drill/evidence/events";
import { computeFigures, differingFigures } from "../../drill/evidence/figures";
import { RunHistory } from "../../drill/evidence/run-history";
import { checkReport, ReportError } from "../../drill/report/check-report";
import { writeIndex } from "../../drill/report/index-page";
import { htmlText, markdownText, visible } from "../../drill/report/plain-text";
import { recomputeSeparately } from "../../drill/report/recompute";
import { reportSchema } from "../../drill/report/report-schema";
import { timelineOf } from "../../drill/report/timeline";
import { byteSize, clockTime, duration, durationRange } from "../../drill/report/wording";
import { type WrittenReport, writeReport } from "../../drill/report/write-report";
import { goodDrill, STORY } from "../support/drill-story";
import { SimulatedHistory } from "../support/history";

const EVIL_KEY = 'a|b`c`<script>alert("1")</script>&\n\u0000\u202ehttps://evil.example/*x*_y_';

describe("the written report", () => {
  let root = "";
  let reports = 0;
  beforeAll(() => {
    root = mkdtempSync(join(tmpdir(), "report-"));
  });
  afterAll(() => rmSync(root, { recursive: true, force: true }));

  function reportOn(
    events: readonly DrillEvent[],
    measured = computeFigures(events),
  ): WrittenReport & { folder: string } {
    reports += 1;
    const folder = join(root, `drill-${reports}`);
    const log = new EventLog(join(folder, "events.jsonl"));
    for (const event of events) log.append(event);
    const { path } = log.close();
    return { folder, ...writeReport({ folder, logPath: path, measured }) };
  }

  const textOf = ({ files }: WrittenReport) => ({
    json: readFileSync(files.json, "utf8"),
    markdown: readFileSync(files.markdown, "utf8"),
    html: readFileSync(files.html, "utf8"),
  });

  it("says the same in JSON, Markdown and HTML when everything went well", () => {
    const written = reportOn(goodDrill().events);
    const { json, markdown, html } = textOf(written);
    expect(written.figures.passed).toBe(true);
    expect(JSON.parse(json)).toMatchObject({
      passed: true,
      speed: 30,
      outages: [{ rtoSeconds: 54 }, { rtoSeconds: 0 }],
      invariants: expect.arrayContaining([expect.objectContaining({ id: "I12", holds: true })]),
      events: { path: "events.jsonl", sha256: expect.stringMatching(/^[0-9a-f]{64}$/) },
    });
    for (const said of [
      "Passed: all 11 targets met, 12 of 12 invariants checked and hold.",
      "Reads failed for this long in the worst outage (primary: answers-503; predicted 0–65 s).",
      "story/both.txt",
      "12 of 12 hold",
      "flip: secondary is active",
    ]) {
      expect(html).toContain(said);
      expect(markdown.replaceAll("\\", "")).toContain(said);
    }
    expect(markdown.match(/Time is scaled/g)).toHaveLength(1);
    expect(html.match(/Time is scaled/g)).toHaveLength(1);
  });

  it("has the contracts of what its scenario takes away, word for word", () => {
    const contracts = { columns: ["depends on", "fallback"], rows: [["a queue | of ours", "<another>"]] };
    const scenario = { id: "queue-lost", title: "A queue", proves: "It goes on.", expected: {}, targets: {} };
    const { markdown, html } = textOf(
      reportOn(goodDrill({ start: { scenario: { ...scenario, contracts } } }).events),
    );

    expect(markdown).toContain("## What depends on what was taken away");
    expect(markdown).toContain("a queue \\| of ours");
    expect(html).toContain("&lt;another&gt;");
    expect(textOf(reportOn(goodDrill().events)).markdown).not.toContain("taken away");
  });

  it("names first what was wanting", () => {
    const events = goodDrill().events.map((event) =>
      event.type === "parity" ? { ...event, differences: [{ key: "a", what: "cache-control" }] } : event,
    );
    const { html, markdown } = textOf(reportOn(events));
    expect(html).toContain("<title>Failover drill: not passed</title>");
    expect(html).toMatch(/<li>objects that differ between the stores: 2 objects, allowed 0 objects<\/li>/);
    expect(markdown).toContain("- ✘ I10 is broken: Replicas equal their originals");
    expect(markdown).not.toContain("✔ broken");
  });

  it("tells what it can of a run that was cut off", () => {
    const { html } = textOf(reportOn(goodDrill().events.filter(({ at }) => at < STORY.killed)));
    expect(html).toContain("the run did not come to its end");
    expect(html).toContain("No unplanned flip.");
    expect(textOf(reportOn(new SimulatedHistory().events)).html).toContain("No store was broken.");
  });

  it("asks nobody for anything: no script, no address, nothing to load", () => {
    const { html } = textOf(reportOn(goodDrill().events));
    const withoutNamespaces = html.replaceAll(/xmlns(:\w+)?="[^"]*"/g, "");
    expect(withoutNamespaces).not.toMatch(
      /https?:|<script|<link|<iframe|<img|url\((?!#)|@import|src=|href=/i,
    );
    expect(html).toContain("default-src 'none'");
  });

  it("draws phases, faults, flips and the writer, in the page's colours and with words for who cannot see it", () => {
    const { html } = textOf(reportOn(goodDrill().events));
    const picture = html.slice(html.indexOf("<svg"), html.indexOf("</svg>"));
    for (const label of [
      "all well",
      "failback",
      "503",
      "killed",
      "flip to secondary",
      "fence over",
      "holds back",
    ]) {
      expect(picture).toContain(`>${label}</text>`);
    }
    expect(picture).toMatch(/role="img" aria-label="[^"]+"/);
    expect(picture).toContain("var(--failed)");
    expect(picture).not.toMatch(/(fill|stroke)="(?!var|none|#000")/);
  });

  it("shows a hostile key as text and nothing else", () => {
    const run = goodDrill();
    run.put(STORY.resumed + 60, "primary", EVIL_KEY, "one");
    run.ranReplicator(STORY.verify + 3200, STORY.verify + 3300, "primary", {
      exceptions: [{ key: EVIL_KEY, kind: "conflict", reason: "<b>reason</b> | x" }],
    });
    const { html, markdown, json } = textOf(reportOn(run.events));
    expect(html).not.toContain("<script>");
    expect(html).not.toContain("<b>reason");
    expect(html).toContain("&lt;script&gt;");
    expect(html).toContain("\\n\\u{0}\\u{202e}https");
    const row = markdown.split("\n").find((line) => line.startsWith("| conflict | a"));
    expect(row?.match(/(?<!\\)\|/g)).toHaveLength(4);
    expect(row).not.toMatch(/(?<!\\)[`<*_]/);
    expect(JSON.parse(json)).toMatchObject({ keys: { conflicting: expect.arrayContaining([EVIL_KEY]) } });
  });

  it("is checked against its log: equal as written, and any change of either is noticed", () => {
    const { folder, files } = reportOn(goodDrill().events);
    expect(checkReport(folder)).toMatchObject({ equal: true, problems: [] });
    const json = readFileSync(files.json, "utf8");
    writeFileSync(files.json, json.replace('"rtoSeconds": 54', '"rtoSeconds": 5'));
    expect(checkReport(folder).problems).toEqual(['"outages" is not what the log says']);
    writeFileSync(files.json, json);
    const log = readFileSync(files.events, "utf8");
    writeFileSync(files.events, log.replace('"outcome":"failed"', '"outcome":"ok"'));
    expect(checkReport(folder)).toEqual({
      equal: false,
      problems: [expect.stringMatching(/line \d+: does not follow from the line before/)],
    });
    // Whoever forges the whole chain anew has another last hash.
    const forged = new EventLog(files.events);
    for (const event of goodDrill().events)
      forged.append(event.type === "delay" ? { ...event, at: 1 } : event);
    forged.close();
    expect(checkReport(folder).problems).toContain(
      "events.jsonl is not the log that the report was made from",
    );
    writeFileSync(files.json, "{}");
    expect(() => checkReport(folder)).toThrow(ReportError);
  });

  it("is not believed when it says passed and its log does not", () => {
    const failed: DrillEvent = { type: "read", at: 8000, end: 8001, key: "a", outcome: "failed" };
    const { folder, files } = reportOn([...goodDrill().events, failed]);
    const report: unknown = JSON.parse(readFileSync(files.json, "utf8"));
    expect(report).toMatchObject({ passed: false });
    writeFileSync(files.json, JSON.stringify({ ...Object(report), passed: true }));
    expect(checkReport(folder)).toMatchObject({
      equal: false,
      problems: ["the report says passed, the log does not"],
    });
  });

  it("is recomputed by programs of its own, which know nothing but the log", () => {
    const { events } = goodDrill();
    const { folder, files, figures } = reportOn(events);
    expect(differingFigures(recomputeSeparately(files.events), figures)).toEqual([]);
    const program = join(__dirname, "../../drill/report/check-report-process.ts");
    const check = () =>
      spawnSync(process.execPath, ["--import", "tsx", program, folder], { encoding: "utf8" });
    expect(check()).toMatchObject({ status: 0, stdout: expect.stringContaining('"equal":true') });
    writeFileSync(files.json, readFileSync(files.json, "utf8").replace('"seed": 1', '"seed": 2'));
    expect(check()).toMatchObject({ status: 1, stdout: expect.stringContaining("seed") });
  });

  it("is as its published schema says, whatever the run was like", () => {
    const cut = goodDrill().events.filter(({ at }) => at < STORY.killed);
    for (const events of [goodDrill().events, cut, new SimulatedHistory().events]) {
      const { json } = textOf(reportOn(events));
      const { error } = reportSchema.safeParse(JSON.parse(json));
      expect(error?.issues ?? []).toEqual([]);
    }
  });

  it("leaves the twelfth invariant open when the run gave no figures of its own", () => {
    const { files } = reportOn(goodDrill().events);
    const { figures } = writeReport({ folder: join(root, "again"), logPath: files.events });
    expect(figures.invariants.at(-1)?.holds).toBeUndefined();
    expect(JSON.parse(readFileSync(join(root, "again", "report.json"), "utf8"))).toMatchObject({
      events: { path: expect.stringMatching(/^\.\.\/drill-\d+\/events\.jsonl$/) },
    });
  });
});

describe("the index over several scenarios", () => {
  const told = (id: string, events: readonly DrillEvent[]) =>
    computeFigures(
      events.map((event) =>
        event.type === "run-started"
          ? {
              ...event,
              scenario: { id, title: `<${id}>`, proves: "that it works", expected: {}, targets: {} },
            }
          : event,
      ),
    );

  it("says of each what it came to and where its report is, and is passed only when all are", () => {
    const folder = mkdtempSync(join(tmpdir(), "index-"));
    try {
      const good = told("primary-killed", goodDrill().events);
      const cut = told("cut-off", goodDrill().events.slice(0, 60));
      writeIndex(folder, [{ folder: "primary-killed", figures: good }]);
      expect(JSON.parse(readFileSync(join(folder, "index.json"), "utf8"))).toMatchObject({ passed: true });
      const { json, html } = writeIndex(folder, [
        { folder: "primary-killed", figures: good },
        { folder: "cut-off", figures: cut, problem: "step 3 waited in vain" },
      ]);
      expect(JSON.parse(readFileSync(json, "utf8"))).toMatchObject({
        passed: false,
        scenarios: [
          {
            id: "primary-killed",
            passed: true,
            report: "primary-killed/report.json",
            rtoSeconds: 54,
            lost: 0,
          },
          { id: "cut-off", passed: false, problem: "step 3 waited in vain" },
        ],
      });
      const page = readFileSync(html, "utf8");
      expect(page).toContain('<a href="primary-killed/report.html">&lt;primary-killed&gt;</a>');
      expect(page).toContain("1 of 2 scenarios came out as expected");
      expect(page).toContain("✘ step 3 waited in vain");
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});

describe("the timeline", () => {
  it("holds every read in exactly one bin, wherever it falls", () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.integer({ min: 0, max: 60_000 }), fc.boolean())), (reads) => {
        const run = new SimulatedHistory().add(
          ...reads.map(
            ([at, ok]): DrillEvent => ({
              type: "read",
              at,
              end: at + 1,
              key: "k",
              outcome: ok ? "ok" : "failed",
              ...(ok ? { store: "primary" as const } : {}),
            }),
          ),
        );
        const { bins } = timelineOf(new RunHistory(run.events)).readers;
        expect(bins.reduce((sum, bin) => sum + bin.failed, 0)).toBe(reads.filter(([, ok]) => !ok).length);
        expect(bins.reduce((sum, bin) => sum + bin.primary, 0)).toBe(reads.filter(([, ok]) => ok).length);
      }),
      { seed: 20_260_305, numRuns: 100 },
    );
  });

  it("draws what operators did at the same time on lanes of their own", () => {
    const did = (at: number, end: number): DrillEvent => ({
      type: "operator",
      at,
      end,
      command: ["flip"],
      exitCode: 0,
    });
    const run = new SimulatedHistory().add(did(10, 50), did(20, 60), did(55, 70));
    const lanes = timelineOf(new RunHistory(run.events)).lanes.filter(({ name }) =>
      name.startsWith("operator"),
    );
    expect(lanes.map(({ name, segments }) => [name, segments.length])).toEqual([
      ["operator", 2],
      ["operator 2", 1],
    ]);
  });

  it("draws no lag between a flip and the first run in the new direction", () => {
    const { lag, endSeconds } = timelineOf(new RunHistory(goodDrill().events));
    const at = (seconds: number) => lag.findLast((point) => point.at <= seconds)?.lag;
    expect(at((STORY.failover + 100) * 0.03)).toBeNull();
    expect(at((STORY.killed - 100) * 0.03)).toBeGreaterThan(0);
    expect(at(37_000 * 0.03)).toBeGreaterThan(0);
    expect(at((STORY.failback + 100) * 0.03)).toBeNull();
    expect(at(endSeconds)).toBeGreaterThan(0);
  });
});

describe("plain text", () => {
  it("survives Markdown and HTML whatever it holds", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        expect(htmlText(text)).not.toMatch(/[<>"']|&(?!(amp|lt|gt|quot|#39);)/);
        expect(markdownText(text)).not.toMatch(/(?<!\\)(\\\\)*[|<`*_[\]]/);
        expect(visible(text)).not.toMatch(/[\p{Cc}\u202a-\u202e\u2066-\u2069]/u);
      }),
      { seed: 20_260_306, numRuns: 500 },
    );
  });

  it.each([
    [duration(0), "0 s"],
    [duration(0.44), "0.4 s"],
    [duration(75.6), "76 s"],
    [duration(186), "3.1 min"],
    [duration(null), "not measured"],
    [durationRange({ best: 0, mean: 1, worst: 65.4 }), "0–65 s"],
    [durationRange({ best: 0, mean: 0, worst: 0 }), "0 s"],
    [byteSize(0), "0 B"],
    [byteSize(999), "999 B"],
    [byteSize(412_000_000), "412 MB"],
    [clockTime(725), "12:05"],
  ])("%s is how a person would write it", (written, expected) => {
    expect(written).toBe(expected);
  });
});
