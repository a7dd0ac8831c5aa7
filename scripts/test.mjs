import "./steps/node-version.mjs";
import { fileURLToPath } from "node:url";
import { buildLambda } from "./steps/build-lambda.mjs";
import { ONE, runCheck, runSuite } from "./steps/checks.mjs";
import { endChildrenWhenInterrupted } from "./steps/command.mjs";
import { install } from "./steps/install.mjs";
import { createProgress } from "./steps/progress.mjs";

/**
 * `npm test`: everything that must hold, in the order in which it fails fastest. Every step runs even when one
 * before it failed. A step counts as one in the last line, a suite as many as it has tests.
 */
const USAGE = `npm test                     format, lint, types, unused code, all tests, policy, package
npm test -- <pattern> …      only the tests whose file matches; further options go to jest
npm test -- --unit           only the tests that need nothing but Node

REQUIRE_REAL_STORES=1        fail, not skip, where MinIO or LocalStack cannot be had
Exit codes: 0 all passed · 1 something failed · 2 wrong use · 130 interrupted`;

const root = fileURLToPath(new URL("..", import.meta.url));
const args = process.argv.slice(2);
if (args.includes("--help")) {
  console.log(USAGE);
  process.exit(0);
}
const unitOnly = args.includes("--unit");
const jestArgs = args.filter((arg) => arg !== "--unit");
const selective = jestArgs.length > 0;

const CHECKS = [
  ["format", "check:format", { figure: (output) => output.match(/Checked (\d+ files)/)?.[1] }],
  ["types", "check:types", { figure: () => "no errors" }],
  ["lint", "check:lint", { figure: (output) => output.match(/on (\d+ files with \d+ rules)/)?.[1] }],
  ["unused code", "check:unused", { figure: () => "none" }],
];

/** What CI pipelines and those who install the package would find; after the tests, because they take minutes the first time. */
const GATES = [
  ["policy", "check:policy", { figure: (output) => output.match(/rules: tests, (\d+ passed)/)?.[1] }],
  ["checkov", "check:checkov", { figure: (output) => output.match(/(\d+ stacks, \d+ checks passed)/)?.[1] }],
  [
    "package",
    "check:package",
    {
      // Half a gigabyte of peers is what CI downloads to install it; a person who tries the tests need not.
      args: process.env.REQUIRE_REAL_STORES === "1" ? [] : ["--no-install"],
      figure: (output) => output.match(/size +(.+? packed)/)?.[1],
    },
  ],
];

/** What takes minutes even when all is well: for CI, where nobody waits. */
const SCENARIOS = [
  ["scenarios", "check:scenarios", { figure: (output) => output.match(/(\d+) of \d+ scenarios/)?.[0] }],
];

/** Checks that run at one time; more would slow each other down on the two cores of a usual CI machine. */
const LANES = 2;

const progress = createProgress(process.stdout);
const results = [];
endChildrenWhenInterrupted(() => progress.interrupted());

async function step(name, body) {
  const result = await progress.step(name, async (onLine) => ({ ...ONE.passed, ...(await body(onLine)) }));
  const counted = result.outcome === "failed" && result.failed === 0 ? { ...result, ...ONE.failed } : result;
  results.push(counted);
  if (counted.outcome === "failed") progress.print(`\n${result.output}\n`);
  return counted;
}

async function runChecks() {
  const waiting = [...CHECKS];
  const lane = async () => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      const [name, script, reading] = next;
      await step(name, (onLine) => runCheck(root, script, reading, onLine));
    }
  };
  await Promise.all(Array.from({ length: LANES }, lane));
}

async function runGates() {
  const gates = process.env.REQUIRE_REAL_STORES === "1" ? [...SCENARIOS, ...GATES] : GATES;
  for (const [name, script, reading] of gates) {
    await step(name, (onLine) => runCheck(root, script, reading, onLine));
  }
}

async function runSuites() {
  // A pattern may match files of one suite only; that none matches at all is found below.
  const extra = selective ? ["--passWithNoTests", ...jestArgs] : [];
  await step("unit tests", (onLine) => runSuite(root, "test:unit", extra, onLine));
  if (!unitOnly)
    await step("real stores", (onLine) => runSuite(root, "test:real", ["--runInBand", ...extra], onLine));
}

const installed = await step("install", (onLine) => install(root, onLine));
if (installed.outcome !== "failed") {
  await step("function", (onLine) => buildLambda(root, onLine));
  if (!selective && !unitOnly) await runChecks();
  await runSuites();
  if (!selective && !unitOnly) await runGates();
}

const total = (what) => results.reduce((sum, result) => sum + result[what], 0);
const failed = total("failed");
const skipped = total("skipped");
const noneMatched = selective && failed === 0 && !results.some((result) => result.tests > 0);

for (const title of results.flatMap((result) => result.skippedTitles ?? []))
  progress.print(` – skipped: ${title}`);
if (noneMatched) progress.print(` ✘ no test matches ${jestArgs.join(" ")}`);
progress.print(
  `\n${total("passed")} passed, ${failed + (noneMatched ? 1 : 0)} failed${skipped > 0 ? `, ${skipped} skipped` : ""}`,
);
process.exit(failed > 0 || noneMatched ? 1 : 0);
