import { relative, resolve } from "node:path";
import { compare, isComparable } from "../../drill/virtual/comparison";
import { TooManyWritesError } from "../../drill/virtual/pass-work";
import { readVirtualPlan, VirtualPlanError } from "../../drill/virtual/read-virtual-plan";
import { virtualDrill } from "../../drill/virtual/virtual-drill";
import { type VirtualPlan, varied } from "../../drill/virtual/virtual-plan";
import { type VirtualReport, virtualReport } from "../../drill/virtual/virtual-report";
import { writeVirtualReport } from "../../drill/virtual/write-virtual-report";
import { EXIT } from "../exit-codes";
import { runCommand } from "../run-command";
import { type PlanPlace, plannedStack } from "../stores/planned-stack";
import { WrongUseError } from "../wrong-use-error";
import type { DrillArguments } from "./drill-arguments";
import { refuseStagingOptions, type StagingArguments } from "./staging-options";
import type { VirtualArguments } from "./virtual-options";
import { comparisonTable, virtualFigures } from "./virtual-text";

/** Takes seconds, and leaves less than 1 % to chance. */
const USUAL_RUNS = 10_000;

type Given = Pick<DrillArguments, "seed" | "report" | "json" | "verbose"> &
  VirtualArguments &
  StagingArguments;

/** `storage-failover drill --virtual`: sets the exit code, never rejects. */
export async function runVirtualDrill(names: readonly string[], given: Given): Promise<void> {
  await runCommand({
    task: async () => {
      if (names.length > 0)
        throw new WrongUseError("--virtual plays no scenarios; name none, or leave --virtual out");
      refuseStagingOptions(given);
      return drill(given);
    },
    // It computes without a pause, in which a signal could be heard, and starts nothing.
    verbose: given.verbose,
  });
}

async function drill(given: Given): Promise<number> {
  const began = performance.now();
  const { seed, runs = USUAL_RUNS } = given;
  const plan = varied(await plannedSystem(given), {
    ...given,
    intervalSeconds: given.interval,
    timeoutSeconds: given.timeout,
    checkRegions: given.regions,
    objectBytes: given.objectSize,
  });
  if (process.stderr.isTTY) process.stderr.write(`${runs.toLocaleString("en-US")} outages of each kind …\n`);
  const results = possible(() => ({
    figures: virtualDrill(plan, { runs, seed }),
    comparison: given.compare && compared(plan, given.compare, { runs, seed }),
  }));
  const machineSeconds = Math.round(performance.now() - began) / 1000;
  const report = virtualReport(plan, { runs, seed }, { ...results, machineSeconds });
  const files = writeVirtualReport(resolve(given.report), report);
  process.stdout.write(
    given.json ? `${JSON.stringify(report, null, 2)}\n` : `${inWords(report, files.html)}\n`,
  );
  return report.figures.agrees ? EXIT.done : EXIT.wanting;
}

async function plannedSystem(place: PlanPlace): Promise<VirtualPlan> {
  const [edge, replication] = await Promise.all([stackJson(place, "edge"), stackJson(place, "replication")]);
  try {
    return readVirtualPlan({ edge, replication });
  } catch (error) {
    throw error instanceof VirtualPlanError ? new WrongUseError(error.message, { cause: error }) : error;
  }
}

async function stackJson(place: PlanPlace, stack: "edge" | "replication"): Promise<unknown> {
  const { file, text } = await plannedStack(place, stack);
  if (text === undefined)
    throw new WrongUseError(
      `${file} is not there; run npx cdktf synth first, or name its output with --synthesized`,
    );
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new WrongUseError(`${file} is not JSON; run npx cdktf synth again`, { cause: error });
  }
}

function compared(
  plan: VirtualPlan,
  { name, values }: NonNullable<Given["compare"]>,
  options: { runs: number; seed: number },
) {
  if (!isComparable(name)) throw new WrongUseError(`${name} cannot be compared`);
  return compare(plan, { name, values }, options);
}

function possible<T>(drilled: () => T): T {
  try {
    return drilled();
  } catch (error) {
    throw error instanceof TooManyWritesError ? new WrongUseError(error.message, { cause: error }) : error;
  }
}

function inWords(report: VirtualReport, page: string): string {
  const { runs, seed, setting, hostname, figures, comparison, machineSeconds } = report;
  const verdict = figures.agrees
    ? "as predicted: no mean is off by 3 % or more than chance, and nothing lies outside the predicted range"
    : "not as predicted";
  return [
    `storage-failover drill --virtual · ${hostname} · ${runs.toLocaleString("en-US")} outages of each kind · seed ${seed}`,
    setting,
    "",
    virtualFigures(report),
    "",
    ...(comparison === undefined ? [] : [comparisonTable(comparison), ""]),
    ` ${verdict}`,
    ` ${machineSeconds.toFixed(1)} s   report: ${relative(process.cwd(), page)}   (json beside it)`,
  ].join("\n");
}
