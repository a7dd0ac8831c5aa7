import { type ChildProcessByStdio, spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import type { Readable } from "node:stream";
import { text } from "node:stream/consumers";
import { setTimeout as delay } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { descendants, isRunning } from "../support/processes";

const ROOT = resolve(__dirname, "../..");
const PATIENCE = 120_000;

/** Small input and twice the usual speed: the whole story in a third of its time. */
const SHORT = ["--input", "examples/static-site", "--speed", "60"];

type DemoProcess = ChildProcessByStdio<null, Readable, Readable>;

function startDemo(...args: string[]): DemoProcess {
  return spawn(process.execPath, ["--import", "tsx", "cli/main.ts", "demo", ...args], {
    cwd: ROOT,
    env: { ...process.env, NO_COLOR: "1", AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: "true" },
    stdio: ["ignore", "pipe", "pipe"],
  });
}

async function ended(child: DemoProcess): Promise<{ code: number | null; out: string; error: string }> {
  const exit = new Promise<number | null>((resolve) => child.once("exit", resolve));
  const [out, error] = await Promise.all([text(child.stdout), text(child.stderr)]);
  return { code: await exit, out, error };
}

describe("storage-failover demo", () => {
  let folder: string;

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "demo-test-"));
  });

  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it(
    "goes through the whole story and reports what it measured",
    async () => {
      const { code, out, error } = await ended(startDemo(...SHORT, "--json", "--report", folder));
      expect({ code, error: code === 0 ? "" : error }).toEqual({ code: 0, error: "" });
      const report = JSON.parse(out) as Record<string, unknown>;
      expect(JSON.parse(readFileSync(join(folder, "report.json"), "utf8"))).toMatchObject(report);
      expect(report).toMatchObject({
        passed: true,
        stores: { primary: { product: "embedded" }, secondary: { product: "embedded" } },
        speed: 60,
        scenario: null,
        outages: [
          { fault: "answers-503", detectionSeconds: expect.any(Number), withinPrediction: true },
          { fault: "killed", withinPrediction: true },
        ],
        recovery: { recovered: true },
        rpo: { objectsLost: [] },
        flips: [
          { to: "secondary", planned: false },
          { to: "primary", planned: true, interruptionSeconds: 0, lost: [] },
        ],
        parity: { differences: [] },
        keys: { conflicting: ["story/written-on-both-sides.txt"], lost: [] },
      });
      const [refusing] = report.outages as { failedReads: number }[];
      expect(refusing?.failedReads).toBeGreaterThan(0);
      expect((report.rpo as { objectsAtRisk: string[] }).objectsAtRisk).toContain(
        "story/made-just-before-the-loss.txt",
      );
      const [failover] = report.flips as { changedPaths: string[] }[];
      expect(failover?.changedPaths.filter((path) => !path.startsWith("edge: "))).toEqual([]);
      expect(
        (report.invariants as { id: string; holds?: boolean }[]).map(({ id, holds }) => `${id} ${holds}`),
      ).toEqual(Array.from({ length: 12 }, (_, index) => `I${index + 1} true`));
      const { events } = JSON.parse(readFileSync(join(folder, "report.json"), "utf8")) as {
        events: { sha256: string };
      };
      const log = readFileSync(join(folder, "events.jsonl"));
      expect(events.sha256).toBe(createHash("sha256").update(log).digest("hex"));
      expect(readdirSync(folder).sort()).toEqual(["events.jsonl", "report.html", "report.json", "report.md"]);
    },
    PATIENCE,
  );

  it(
    "leaves neither processes nor files behind when it is interrupted",
    async () => {
      const child = startDemo(...SHORT, "--report", join(folder, "interrupted"));
      const end = ended(child);
      const temporary = () =>
        readdirSync(tmpdir()).filter((name) => name.startsWith("storage-failover-demo-"));
      const before = new Set(temporary());
      await new Promise<void>((resolve) =>
        child.stdout.on("data", (piece) => String(piece).includes("▶") && resolve()),
      );
      const started = descendants(child.pid ?? 0);
      expect(started.length).toBeGreaterThanOrEqual(6);
      child.kill("SIGINT");
      const { code, error } = await end;
      expect({ code, said: error.includes("interrupted") }).toEqual({ code: 130, said: true });
      await delay(500);
      expect(started.filter(isRunning)).toEqual([]);
      expect(temporary().filter((name) => !before.has(name))).toEqual([]);
    },
    PATIENCE,
  );

  it.each([
    ["an unknown store", ["--stores", "tape"], "embedded, real"],
    ["a speed that is none", ["--speed", "fast"], "1 to 1000"],
    ["a seed that is none", ["--seed", "-1"], "whole number"],
    ["an input folder that is not there", ["--input", "no/such/folder"], "no/such/folder"],
    ["an option that does not exist", ["--stopp"], "unknown option"],
  ])("refuses %s as wrong use", async (_what, args, message) => {
    const report = join(folder, "refused");
    const { code, error } = await ended(startDemo(...args, "--report", report));
    expect(error).toContain(message);
    expect(code).toBe(2);
    expect(existsSync(report)).toBe(false);
  });
});
