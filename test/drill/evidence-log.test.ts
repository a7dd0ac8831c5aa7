import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import { EventLog, EventLogError, readEventLog } from "../../drill/evidence/event-log";
import { eventProblem } from "../../drill/evidence/event-shape";
import { type DrillEvent, EVENT_SCHEMAS } from "../../drill/evidence/events";
import { LogChain } from "../../drill/evidence/log-chain";
import { goodDrill } from "../support/drill-story";

/** Kinds of event that the demo's story does not have. */
const RARE_EVENTS: readonly DrillEvent[] = [
  { type: "pool-order", at: 1, active: "secondary" },
  { type: "marker-read", at: 1, reader: "writer", marker: { active: "primary", writesPaused: false } },
  {
    type: "operator",
    at: 1,
    end: 2,
    command: ["flip"],
    exitCode: 1,
    outcome: "refused",
    reasons: ["no"],
    exposureSeconds: 4,
  },
  { type: "api", at: 1, method: "GET", path: "/zones", status: 200 },
];

/** As the first line of a log. */
function sealed(content: string): string {
  return new LogChain().seal(content);
}

describe("the raw event log", () => {
  let folder = "";
  let files = 0;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "event-log-"));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  function freshPath(): string {
    files += 1;
    return join(folder, `run-${files}`, "events.jsonl");
  }

  function fileOf(text: string): string {
    files += 1;
    const path = join(folder, `text-${files}.jsonl`);
    writeFileSync(path, text);
    return path;
  }

  function problemOf(path: string): EventLogError {
    try {
      readEventLog(path);
    } catch (error) {
      if (error instanceof EventLogError) return error;
    }
    throw new Error(`${path} was read without a complaint`);
  }

  it("gives back every event of a whole drill, in the order of arrival, and its own SHA-256", () => {
    const { events } = goodDrill();
    const log = new EventLog(freshPath());
    for (const event of events) log.append(event);
    const written = log.close();
    const read = readEventLog(written.path);
    expect(read.history).toEqual(JSON.parse(JSON.stringify(events)));
    expect(written.events).toBe(events.length);
    expect(written.sha256).toBe(createHash("sha256").update(readFileSync(written.path)).digest("hex"));
    expect(read).toMatchObject({ sha256: written.sha256, lastHash: written.lastHash });
    expect(log.close()).toEqual(written);
  });

  it("keeps keys with control characters, line separators and astral characters on one line", () => {
    const key = 'a\nb\r\u2028\u0000\u{1f600}\ud800"\\';
    const log = new EventLog(freshPath());
    log.append({ type: "read", at: 1, end: 2, key, outcome: "ok" });
    const { path } = log.close();
    expect(readFileSync(path, "utf8").split("\n")).toHaveLength(2);
    expect(readEventLog(path).history).toEqual([{ type: "read", at: 1, end: 2, key, outcome: "ok" }]);
  });

  it("refuses an event after it was closed", () => {
    const log = new EventLog(freshPath());
    log.close();
    expect(() => log.append({ type: "run-ended", at: 1 })).toThrow(/"run-ended" came after/);
  });

  it("writes out what is buffered when the process exits without closing it", () => {
    const path = freshPath();
    const script = `
      import { EventLog } from ${JSON.stringify(join(__dirname, "../../drill/evidence/event-log.ts"))};
      new EventLog(${JSON.stringify(path)}).append({ type: "run-ended", at: 7 });
      process.exit(3);`;
    const file = join(folder, "exits.mts");
    writeFileSync(file, script);
    expect(() =>
      execFileSync(process.execPath, ["--import", "tsx", file], { cwd: process.cwd(), stdio: "pipe" }),
    ).toThrow();
    expect(readEventLog(path).history).toEqual([{ type: "run-ended", at: 7 }]);
  });

  it.each([
    ["a torn last line", `${sealed('{"type":"run-ended","at":1}')}\n{"type":"run-e`, 2, /torn/],
    ["a last line without its end, though it is whole", sealed('{"type":"run-ended","at":1}'), 1, /torn/],
    ["a line that is no JSON", `${sealed('{"type":"run-ended","at":1}')}\nhello\n`, 2, /not JSON/],
    ["an empty line", `${sealed('{"type":"run-ended","at":1}')}\n\n`, 2, /not JSON/],
    ["a line that nothing ties to the others", '{"type":"run-ended","at":1}\n', 1, /without a hash/],
    [
      "an unknown type",
      `${sealed('{"type":"run-finished","at":1}')}\n`,
      1,
      /unknown type of event "run-finished"/,
    ],
    [
      "a name that every object has",
      `${sealed('{"type":"constructor","at":1}')}\n`,
      1,
      /unknown type of event "constructor"/,
    ],
    ["a time that is a text", `${sealed('{"type":"run-ended","at":"1"}')}\n`, 1, /at: .*expected number/],
    ["a line that is no object", "[]\n", 1, /without a hash/],
  ])("names the line of %s", (_what, text, line, message) => {
    const problem = problemOf(fileOf(text));
    expect(problem.line).toBe(line);
    expect(problem.message).toMatch(message);
  });

  it("says where a run was when it was cut off, and gives what is whole to who asks for it", () => {
    const log = new EventLog(freshPath());
    log.append({ type: "phase", at: 10, phase: "outage" });
    log.append({ type: "delay", at: 2300, milliseconds: 4 });
    const { path } = log.close();
    writeFileSync(path, `${readFileSync(path, "utf8")}{"type":"read","at":24`);
    expect(problemOf(path).message).toContain("line 3: torn");
    expect(problemOf(path).message).toContain('2.3 s into it, in phase "outage"');
    expect(readEventLog(path, { evenIfTorn: true })).toMatchObject({ events: 2, tornLine: 3 });
  });

  it("finds any line that was changed, removed, added, moved or given twice, by its number", () => {
    const log = new EventLog(freshPath());
    for (const event of goodDrill({ objects: 4 }).events.slice(0, 60)) log.append(event);
    const lines = readFileSync(log.close().path, "utf8").trimEnd().split("\n");
    const tampering = fc.record({
      what: fc.constantFrom("changed", "removed", "twice", "moved", "added"),
      index: fc.integer({ min: 0, max: lines.length - 2 }),
      by: fc.integer({ min: 1, max: 5 }),
    });
    fc.assert(
      fc.property(tampering, ({ what, index, by }) => {
        const other = Math.min(lines.length - 1, index + by);
        const tampered = [...lines];
        const [line = "", target = ""] = [lines[index], lines[other]];
        if (what === "changed") tampered[index] = line.replace(/"at":(\d+)/, '"at":9$1');
        if (what === "removed") tampered.splice(index, 1);
        if (what === "twice") tampered.splice(index, 0, line);
        if (what === "moved") [tampered[index], tampered[other]] = [target, line];
        if (what === "added") tampered.splice(index, 0, sealed('{"type":"delay","at":1,"milliseconds":0}'));
        const found = problemOf(fileOf(`${tampered.join("\n")}\n`));
        // The second of two equal lines is the one that does not follow.
        expect(found.line).toBe(
          what === "twice" || (what === "added" && index === 0) ? index + 2 : index + 1,
        );
        expect(found.message).toContain("does not follow from the line before");
      }),
      { seed: 20_260_310, numRuns: 200 },
    );
  });

  it("notices a wrong value at any depth of any type of event", () => {
    const seen = new Set<string>();
    for (const event of [...goodDrill().events, ...RARE_EVENTS]) {
      if (seen.has(event.type)) continue;
      seen.add(event.type);
      for (const spoiled of spoiledVariants(event)) {
        expect([spoiled.what, eventProblem(spoiled.value)]).toEqual([spoiled.what, expect.any(String)]);
      }
    }
    expect([...seen].sort()).toEqual(Object.keys(EVENT_SCHEMAS).sort());
  });
});

/** The event again and again, each time with one value of another kind in its place. */
function spoiledVariants(event: DrillEvent): readonly { readonly what: string; readonly value: unknown }[] {
  const variants: { what: string; value: unknown }[] = [];
  const plain: unknown = JSON.parse(JSON.stringify(event));
  const visit = (value: unknown, path: readonly string[]): void => {
    if (typeof value === "object" && value !== null) {
      const entries = Array.isArray(value) ? Object.entries(value).slice(0, 1) : Object.entries(value);
      for (const [name, inner] of entries) visit(inner, [...path, name]);
    }
    if (path.length > 0)
      variants.push({ what: `${event.type} ${path.join(".")}`, value: replaced(plain, path, /./) });
  };
  visit(plain, []);
  return variants;
}

function replaced(value: unknown, [first, ...rest]: readonly string[], by: unknown): unknown {
  if (first === undefined) return by;
  if (Array.isArray(value))
    return value.map((item, index) => (String(index) === first ? replaced(item, rest, by) : item));
  const record = Object.fromEntries(Object.entries(value ?? {}));
  return { ...record, [first]: replaced(record[first], rest, by) };
}
