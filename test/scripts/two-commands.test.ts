import { spawn } from "node:child_process";
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { setTimeout } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import { untilGone } from "../support/processes";

/**
 * The scripts run as they do on a fresh clone, in a folder of their own, with an npm that only writes down what it
 * was asked for and answers as `behaviour` says.
 */
const FAKE_NPM = `
const { appendFileSync, mkdirSync, writeFileSync, readFileSync } = require("node:fs");
const args = process.argv.slice(2);
const behaviour = JSON.parse(readFileSync("behaviour.json", "utf8"));
appendFileSync("calls.txt", args.join(" ").replace(/--outputFile=\\S+/, "--outputFile=…") + "\\n");
if (args[0] === "install") mkdirSync("node_modules", { recursive: true });
const answer = behaviour[args[0] === "install" ? "install" : args[2]] ?? {};
const file = args.find((arg) => arg.startsWith("--outputFile="))?.slice("--outputFile=".length);
if (file && answer.results) writeFileSync(file, JSON.stringify(answer.results));
if (answer.pid) {
  // As npm does: the work is done by a child of its own.
  const worker = require("node:child_process").spawn(process.execPath, ["-e", "setInterval(() => {}, 1000)"]);
  writeFileSync(answer.pid, String(worker.pid));
} else {
  console.log(answer.output ?? "");
  process.exitCode = answer.code ?? 0;
}
`;

const LOCKFILE = '{ "lockfileVersion": 3 }';

interface Answer {
  readonly code?: number;
  readonly output?: string;
  readonly results?: object;
  /** File for the process id of a worker; the command then never ends by itself. */
  readonly pid?: string;
}

let clone: string;

beforeEach(() => {
  clone = mkdtempSync(join(tmpdir(), "two-commands-"));
  cpSync("scripts", join(clone, "scripts"), { recursive: true });
  writeFileSync(join(clone, "npm.js"), FAKE_NPM);
  writeFileSync(
    join(clone, "package.json"),
    JSON.stringify({ name: "example", engines: { node: ">=20.19" } }),
  );
  writeFileSync(join(clone, "package-lock.json"), LOCKFILE);
  behave({});
});

afterEach(() => rmSync(clone, { recursive: true, force: true }));

function behave(answers: Readonly<Record<string, Answer>>): void {
  const suite = { results: results({ passed: 3 }) };
  writeFileSync(
    join(clone, "behaviour.json"),
    JSON.stringify({ "test:unit": suite, "test:real": suite, ...answers }),
  );
}

function results(counts: { passed?: number; failed?: number; brokenFiles?: number; skipped?: string[] }) {
  const { passed = 0, failed = 0, brokenFiles = 0, skipped = [] } = counts;
  return {
    numPassedTests: passed,
    numFailedTests: failed,
    numRuntimeErrorTestSuites: brokenFiles,
    numPendingTests: skipped.length,
    numTodoTests: 0,
    numTotalTests: passed + failed + skipped.length,
    numTotalTestSuites: 1,
    testResults: [
      {
        assertionResults: skipped.map((title) => ({
          status: "pending",
          ancestorTitles: [title],
          fullName: `${title} works`,
        })),
      },
    ],
  };
}

function start(script: string, args: readonly string[] = []) {
  const child = spawn(process.execPath, [join("scripts", script), ...args], {
    cwd: clone,
    env: { PATH: process.env.PATH, npm_execpath: join(clone, "npm.js"), CI: "true" },
  });
  let output = "";
  child.stdout.on("data", (chunk: Buffer) => {
    output += chunk.toString();
  });
  child.stderr.on("data", (chunk: Buffer) => {
    output += chunk.toString();
  });
  const ended = new Promise<{ code: number | null; output: string }>((settle) => {
    child.once("close", (code) => settle({ code, output }));
  });
  return { child, ended };
}

function run(script: string, ...args: readonly string[]) {
  return start(script, args).ended;
}

function calls(): string[] {
  return existsSync(join(clone, "calls.txt"))
    ? readFileSync(join(clone, "calls.txt"), "utf8").trim().split("\n")
    : [];
}

function lastLine(output: string): string | undefined {
  return output.trimEnd().split("\n").at(-1);
}

describe("npm test", () => {
  it("installs, builds, checks and tests, and ends with the counts alone on a line", async () => {
    const { code, output } = await run("test.mjs");

    expect(lastLine(output)).toBe("15 passed, 0 failed");
    expect(code).toBe(0);
    const asked = calls();
    expect(asked.slice(0, 2)).toEqual([
      "install --no-save --ignore-scripts --no-audit --no-fund",
      "run --silent build:lambda",
    ]);
    expect(asked.slice(2, 6).sort()).toEqual(
      ["check:format", "check:lint", "check:types", "check:unused"].map((check) => `run --silent ${check}`),
    );
    expect(asked.slice(6)).toEqual([
      "run --silent test:unit -- --ci --json --outputFile=…",
      "run --silent test:real -- --ci --json --outputFile=… --runInBand",
      "run --silent check:policy",
      "run --silent check:checkov",
      "run --silent check:package -- --no-install",
    ]);
  });

  it("counts a check that this machine cannot make as skipped, and says why", async () => {
    behave({ "check:policy": { output: " … looking\n – skipped: OPA cannot be had" } });

    const { code, output } = await run("test.mjs");

    expect(code).toBe(0);
    expect(output).toContain(" – skipped: npm run check:policy: OPA cannot be had");
    expect(lastLine(output)).toBe("14 passed, 0 failed, 1 skipped");
  });

  it("installs again only when the lockfile has changed or the last installation failed", async () => {
    behave({ install: { code: 1, output: "no network" } });
    expect((await run("test.mjs")).output).toContain("no network");
    behave({});
    await run("test.mjs");
    await run("test.mjs");
    expect(calls().filter((call) => call.startsWith("install"))).toHaveLength(2);

    writeFileSync(join(clone, "package-lock.json"), `${LOCKFILE}\n`);
    await run("test.mjs");
    expect(calls().filter((call) => call.startsWith("install"))).toHaveLength(3);
  });

  it("goes on after a failure, shows its output and fails at the end", async () => {
    behave({
      "check:lint": { code: 1, output: "an import too many" },
      "test:unit": { code: 1, results: results({ passed: 5, failed: 2 }) },
    });

    const { code, output } = await run("test.mjs");

    expect(code).toBe(1);
    expect(output).toContain("an import too many");
    expect(lastLine(output)).toBe("16 passed, 3 failed");
  });

  it("counts a test file that cannot be loaded, and a suite that leaves no results, as failures", async () => {
    behave({
      "test:unit": { code: 1, results: results({ passed: 1, brokenFiles: 1 }) },
      "test:real": { code: 1 },
    });

    const { code, output } = await run("test.mjs");

    expect(code).toBe(1);
    expect(lastLine(output)).toBe("10 passed, 2 failed");
  });

  it("names what was skipped, and why, before the last line", async () => {
    behave({
      "test:real": { results: results({ passed: 1, skipped: ["MinIO (no Go\n  no container engine)"] }) },
    });

    const { code, output } = await run("test.mjs");

    expect(code).toBe(0);
    expect(output).toContain("skipped: MinIO (no Go; no container engine)");
    expect(lastLine(output)).toBe("13 passed, 0 failed, 1 skipped");
  });

  it("runs nothing but the matching tests when it is given a pattern, and fails when none matches", async () => {
    await run("test.mjs", "marker");
    expect(calls().slice(2)).toEqual([
      "run --silent test:unit -- --ci --json --outputFile=… --passWithNoTests marker",
      "run --silent test:real -- --ci --json --outputFile=… --runInBand --passWithNoTests marker",
    ]);

    behave({ "test:unit": { results: results({}) }, "test:real": { results: results({}) } });
    const none = await run("test.mjs", "mraker");
    expect(none.code).toBe(1);
    expect(none.output).toContain("no test matches mraker");
  });
});

describe("npm run demo", () => {
  const CLI =
    'console.log("demo got " + process.argv.slice(2).join(" ")); process.exit(Number(process.env.EXIT ?? 1));';

  beforeEach(() => {
    mkdirSync(join(clone, "node_modules"));
    symlinkSync(resolve("node_modules/tsx"), join(clone, "node_modules", "tsx"), "dir");
    mkdirSync(join(clone, "cli"));
    writeFileSync(join(clone, "cli", "main.ts"), CLI);
  });

  it("installs, builds, hands its arguments over and ends as the demo ends", async () => {
    const { code, output } = await run("demo.mjs", "--stores", "real");

    expect(calls()).toEqual([
      "install --no-save --ignore-scripts --no-audit --no-fund",
      "run --silent build:lambda",
    ]);
    expect(output).toContain("demo got demo --stores real");
    expect(code).toBe(1);
  });

  it("says what could not be had and stops there", async () => {
    behave({ "build:lambda": { code: 1, output: "no such file" } });

    const { code, output } = await run("demo.mjs");

    expect(code).toBe(3);
    expect(output).toContain("no such file");
    expect(output).not.toContain("demo got");
  });

  it("ends what it has started, and itself with 130, when it is interrupted", async () => {
    const pidFile = join(clone, "pid.txt");
    behave({ "build:lambda": { pid: pidFile } });
    const { child, ended } = start("demo.mjs");
    while (!existsSync(pidFile) || readFileSync(pidFile, "utf8") === "") await setTimeout(20);

    child.kill("SIGINT");

    expect((await ended).code).toBe(130);
    await untilGone(Number(readFileSync(pidFile, "utf8")));
  });
});

describe("a Node that is too old", () => {
  it.each(["demo.mjs", "test.mjs"])(
    "is refused by %s before anything else, with the version that is needed",
    async (script) => {
      writeFileSync(
        join(clone, "package.json"),
        JSON.stringify({ name: "example", engines: { node: ">=99.1" } }),
      );

      const { code, output } = await run(script);

      expect(code).toBe(2);
      expect(output).toContain(`Node ${process.version} is too old for example: it needs 99.1 or newer`);
      expect(calls()).toEqual([]);
    },
  );
});
