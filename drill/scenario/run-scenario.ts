import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { STORE_NAMES } from "../../contract/stores";
import { EventLog } from "../evidence/event-log";
import { computeFigures } from "../evidence/figures";
import { errorReason } from "../machine/caught-error";
import { type WrittenReport, writeReport } from "../report/write-report";
import { Cleanup } from "../stage/cleanup";
import { loadPrimary, seedStandby } from "../stage/seed";
import { type ReaderRate, setStage, startReaders } from "../stage/set-stage";
import { type BothPlans, beginPhase } from "../stage/stage";
import type { StoreKind } from "../stage/store-kind";
import { temporaryFolder } from "../stage/test-bed";
import { watchMachineDelay } from "../workload/machine-delay";
import type { Readers } from "../workload/readers";
import { withCheckRegions } from "./check-regions";
import { finish, searchEverything } from "./finish";
import { fillsDiskOf, pathsOf, targetsOf } from "./needs";
import { playSteps } from "./play-steps";
import type { ScenarioStage } from "./scenario-stage";
import { StepFailedError } from "./scenario-stage";
import type { Scenario } from "./schema";
import { setScenarioStage } from "./set-scenario-stage";
import { smallObjects } from "./small-objects";

const READERS = 4;
/** How long all is well before the story begins; seconds of the real deployment. */
const STEADY_SECONDS = 10;
/** Of this machine. Browsers are more patient still. */
const READ_TIMEOUT_MILLISECONDS = 6000;
/** Up to here the monitors' time-outs are to scale: five seconds become one. */
const HIGHEST_FAITHFUL_SPEED = 5;
const PATIENCE_MILLISECONDS = 60_000;

/** As the report shows it. */
export interface PlainTable {
  readonly columns: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

export interface ScenarioOptions {
  readonly stores: StoreKind;
  readonly seed: number;
  /** Instead of the scenario's own. */
  readonly speed?: number;
  /** Where report and event log go; created when missing. */
  readonly reportFolder: string;
  readonly both: BothPlans;
  /** Of the code that runs. @default - not from a repository */
  readonly commit?: string;
  /** Folders and files that are searched for secrets beside the run's own. */
  readonly planFolders: readonly string[];
  /** Contracts of what the scenario takes away, for the report. @default - none */
  readonly contracts?: PlainTable;
  /** The operator's command line, in one file. */
  readonly program: string;
  readonly signal: AbortSignal;
  /** Told in words what is going on. */
  readonly onProgress: (words: string) => void;
}

export interface ScenarioResult {
  readonly scenario: Scenario;
  /** Everything came out as expected. */
  readonly passed: boolean;
  readonly report: WrittenReport;
  /** Why the story was not played to its end. @default - it was */
  readonly problem?: string;
  /** Of this machine. */
  readonly seconds: number;
}

/**
 * Plays one scenario and reports on it, also when a step does not come out: the report says what was seen until then.
 *
 * @throws ServerUnavailableError or an error of what could not be started; everything that was has ended by then
 */
export async function runScenario(scenario: Scenario, options: ScenarioOptions): Promise<ScenarioResult> {
  const began = performance.now();
  const cleanup = new Cleanup();
  try {
    const { report, problem } = await play(scenario, options, cleanup);
    return {
      scenario,
      passed: problem === undefined && report.figures.passed,
      report,
      problem,
      seconds: (performance.now() - began) / 1000,
    };
  } finally {
    await cleanup.run();
  }
}

async function play(
  scenario: Scenario,
  options: ScenarioOptions,
  cleanup: Cleanup,
): Promise<{ readonly report: WrittenReport; readonly problem?: string }> {
  const folder = await temporaryFolder("drill", cleanup);
  const log = new EventLog(join(options.reportFolder, "events.jsonl"));
  cleanup.add(() => void log.close());
  const stage = await openStage(scenario, options, folder, log, cleanup);
  const endDelayWatch = cleanup.add(watchMachineDelay(stage));
  let problem: string | undefined;
  try {
    const readers = await begin(stage, scenario, options, cleanup);
    await playSteps(stage, scenario.steps, options.onProgress);
    await finish(stage, scenario, readers, options.onProgress);
    log.flush();
    stage.emit(await searchEverything(stage, [...options.planFolders, log.path]));
  } catch (error) {
    options.signal.throwIfAborted();
    problem = errorReason(error);
    if (!(error instanceof StepFailedError)) problem = `${scenario.id}: ${problem}`;
  }
  await endDelayWatch();
  if (problem === undefined) stage.emit({ type: "run-ended", at: stage.clock() });
  // Whatever still runs goes on to tell of itself: it ends before the log does, which was begun first.
  await cleanup.run();
  const measured = computeFigures(stage.events);
  return {
    report: writeReport({ folder: options.reportFolder, logPath: log.path, measured, separately: true }),
    problem,
  };
}

async function openStage(
  scenario: Scenario,
  options: ScenarioOptions,
  folder: string,
  log: EventLog,
  cleanup: Cleanup,
): Promise<ScenarioStage> {
  options.onProgress("starting stores, edge and function");
  const targets = targetsOf(scenario);
  const stage = await setStage(
    {
      ...options,
      both: withCheckRegions(options.both, scenario.checkRegions),
      speed: options.speed ?? scenario.speed,
      folder,
      log,
      readers: rateOf(scenario),
      writesPerSecond: scenario.load.writesPerSecond,
      breakable: [
        ...(targets.has("secrets") || targets.has("aws") ? (["secrets"] as const) : []),
        ...(targets.has("resolvers") ? (["resolvers"] as const) : []),
      ],
      smallDisks: STORE_NAMES.filter((store) => fillsDiskOf(scenario, store)),
      paths: pathsOf(scenario),
      minimumTimeoutMilliseconds: shortestTimeout(options.speed ?? scenario.speed),
      told: {
        scenario: { ...toldOf(scenario), contracts: options.contracts },
        commit: options.commit,
        versions: { node: process.version },
      },
    },
    cleanup,
  );
  return setScenarioStage(
    stage,
    { program: options.program, breaksApi: targets.has("cloudflare-api") },
    cleanup,
  );
}

function toldOf({ id, title, proves, expected, targets }: Scenario) {
  return { id, title, proves, expected, targets };
}

function rateOf({ load }: Scenario): ReaderRate {
  return {
    readers: READERS,
    periodMilliseconds: (READERS * 1000) / load.readersPerSecond,
    timeoutMilliseconds: READ_TIMEOUT_MILLISECONDS,
  };
}

/** At high speeds no time-out is to scale in any case: a long one does not take a busy machine for a broken store. */
function shortestTimeout(speed: number): number {
  return speed > HIGHEST_FAITHFUL_SPEED ? 3000 : 1000;
}

/** Loads both stores, and lets readers, the writer and the schedule begin. */
async function begin(
  stage: ScenarioStage,
  scenario: Scenario,
  { stores, onProgress }: ScenarioOptions,
  cleanup: Cleanup,
): Promise<Readers> {
  const { seed, observed, signal } = stage;
  beginPhase(stage, "load");
  const objects = smallObjects({ seed, count: scenario.load.objects, stores });
  await loadPrimary(stage, objects, (now) =>
    onProgress(`loading: ${now.objects} of ${objects.length} objects`),
  );
  beginPhase(stage, "seed");
  onProgress("bringing all to the standby");
  await seedStandby(stage);
  const readers = startReaders(stage, rateOf(scenario), cleanup);
  stage.writer.start();
  if (scenario.schedule === "on") stage.replicator.start();
  beginPhase(stage, "steady");
  await observed.until(
    "both pools to be healthy, reads and writes",
    () =>
      observed.healthy.primary === true &&
      observed.healthy.secondary === true &&
      observed.writes > 0 &&
      observed.reads > 0,
    PATIENCE_MILLISECONDS,
    signal,
  );
  await delay(stage.timing.milliseconds(STEADY_SECONDS), undefined, { signal });
  return readers;
}
