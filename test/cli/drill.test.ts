import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { startCommand } from "../support/command-line";
import { descendants, isRunning } from "../support/processes";

/** Milliseconds for stores, edge and function to be started, on a busy machine. */
const PATIENCE = 60_000;

const startDrill = (...args: string[]) => startCommand(["drill", ...args]);

describe("storage-failover drill", () => {
  let folder: string;

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "drill-command-"));
  });

  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it("lists scenarios, for people and for programs", async () => {
    const [shown, json] = await Promise.all([
      startDrill("--list").end,
      startDrill("--list", "--set", "ci", "--json").end,
    ]);
    expect(shown.code).toBe(0);
    expect(shown.out).toMatch(/^ {2}primary-killed +ci +Primary is killed/m);
    expect(shown.out).toMatch(/^ {2}primary-answers-403 +A policy mistake/m);
    const { scenarios } = JSON.parse(json.out) as { scenarios: { id: string; sets: string[] }[] };
    expect(scenarios.map(({ id }) => id)).toContain("primary-killed");
    expect(scenarios.filter(({ sets }) => !sets.includes("ci"))).toEqual([]);
  });

  it("leaves neither processes nor files behind when it is interrupted", async () => {
    const file = join(folder, "long.yaml");
    writeFileSync(
      file,
      `id: long
title: It takes its time
proves: that a drill can be interrupted at any moment
load: { objects: 5 }
steps: [{ wait: { seconds: 3600 } }]
`,
    );
    const temporary = join(folder, "temporary");
    mkdirSync(temporary);
    const { process: child, end } = startCommand(["drill", file, "--report", join(folder, "report")], {
      TMPDIR: temporary,
    });
    // Stores, two gateways, edge and function: the stage is set.
    const deadline = Date.now() + PATIENCE;
    while (descendants(child.pid ?? 0).length < 6 && Date.now() < deadline) await delay(100);
    const started = descendants(child.pid ?? 0);
    expect(started.length).toBeGreaterThanOrEqual(6);
    child.kill("SIGINT");
    const { code, error } = await end;
    expect({ code, said: error.includes("interrupted") }).toEqual({ code: 130, said: true });
    await delay(500);
    expect(started.filter(isRunning)).toEqual([]);
    // Others leave their caches there.
    expect(readdirSync(temporary).filter((name) => name.startsWith("storage-failover"))).toEqual([]);
  });

  it("leaves as little behind while it still synthesizes", async () => {
    const temporary = join(folder, "temporary-early");
    mkdirSync(temporary);
    // One with an operator, whose program is bundled meanwhile.
    const { process: child, end } = startCommand(
      ["drill", "planned-flip", "--report", join(folder, "report-early")],
      { TMPDIR: temporary },
    );
    const begun = () => readdirSync(temporary).some((name) => name.startsWith("storage-failover"));
    const deadline = Date.now() + PATIENCE;
    while (!begun() && Date.now() < deadline) await delay(20);
    const started = descendants(child.pid ?? 0);
    child.kill("SIGINT");
    const { code } = await end;
    expect(code).toBe(130);
    expect(started.filter(isRunning)).toEqual([]);
    expect(begun()).toBe(false);
  });

  it("says before anything is started that its report cannot be written", async () => {
    const file = join(folder, "a-file");
    writeFileSync(file, "");
    const { code, error } = await startDrill("primary-killed", "--report", join(file, "report")).end;
    expect(error).toContain(`no report can be written to ${join(file, "report", "primary-killed")}`);
    expect(code).toBe(2);
  });

  it.each([
    ["a scenario twice", ["primary-killed", "primary-killed"], "there twice"],
    ["no scenario", [], "which scenarios?"],
    ["two ways to choose", ["--all", "--set", "ci"], "not several of them"],
    ["an id that nobody knows", ["primary-kiled"], 'no scenario "primary-kiled"'],
    ["a file that is not there", ["./nowhere.yaml"], "nowhere.yaml"],
    ["a file with a mistake", ["<file>"], "wrong.yaml:4:1: steps: "],
    ["an unknown store", ["primary-killed", "--stores", "tape"], "embedded, real"],
    ["a speed that is none", ["primary-killed", "--speed", "0"], "1 to 1000"],
  ])("refuses %s as wrong use", async (_what, args, message) => {
    const file = join(folder, "wrong.yaml");
    writeFileSync(file, "id: wrong\ntitle: Wrong\nproves: nothing at all, since it has no steps\nsteps: 3\n");
    const report = join(folder, "refused");
    const given = args.map((word) => (word === "<file>" ? file : word));
    const { code, error } = await startDrill(...given, "--report", report).end;
    expect(error).toContain(message);
    expect(code).toBe(2);
    expect(existsSync(report)).toBe(false);
  });
});
