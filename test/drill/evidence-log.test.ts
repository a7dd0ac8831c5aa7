import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { EventLog, EventLogError, readEventLog } from "../../drill/evidence/event-log";
import { eventProblem } from "../../drill/evidence/event-shape";
import type { DrillEvent } from "../../drill/evidence/events";
import { goodDrill } from "../support/drill-story";

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
    expect(read.sha256).toBe(written.sha256);
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
    ["a torn last line", '{"type":"run-ended","at":1}\n{"type":"run-e', 2, /torn/],
    ["a last line without its end, though it is whole", '{"type":"run-ended","at":1}', 1, /torn/],
    [
      "a line that is no JSON",
      '{"type":"run-ended","at":1}\nhello\n{"type":"run-ended","at":1}\n',
      2,
      /not JSON/,
    ],
    ["an empty line", '{"type":"run-ended","at":1}\n\n', 2, /not JSON/],
    ["an unknown type", '{"type":"run-finished","at":1}\n', 1, /unknown type of event "run-finished"/],
    [
      "a name that every object has",
      '{"type":"constructor","at":1}\n',
      1,
      /unknown type of event "constructor"/,
    ],
    ["a time that is a text", '{"type":"run-ended","at":"1"}\n', 1, /at must be a number/],
    ["a line that is no object", "[]\n", 1, /must be an object/],
  ])("names the line of %s", (_what, text, line, message) => {
    const problem = problemOf(fileOf(text));
    expect(problem.line).toBe(line);
    expect(problem.message).toMatch(message);
  });

  it("notices a wrong value at any depth of any type of event", () => {
    const seen = new Set<string>();
    for (const event of goodDrill().events) {
      if (seen.has(event.type)) continue;
      seen.add(event.type);
      for (const spoiled of spoiledVariants(event)) {
        expect([spoiled.what, eventProblem(spoiled.value)]).toEqual([spoiled.what, expect.any(String)]);
      }
    }
    expect(seen.size).toBe(17);
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
