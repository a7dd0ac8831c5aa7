import { existsSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import type { StoreName } from "../../contract/stores";
import { EventLog } from "../evidence/event-log";
import type { DrillEvent } from "../evidence/events";
import { Breakages } from "../scenario/breakages";
import { startCloudflareInFront } from "../scenario/cloudflare-in-front";
import { operatorEnvironment } from "../scenario/operator-surroundings";
import { smallObjects } from "../scenario/small-objects";
import { synthesizeBoth } from "../stage/both-plans";
import { Cleanup } from "../stage/cleanup";
import type { RunProgress } from "../stage/progress";
import { runSummary } from "../stage/run-summary";
import { loadPrimary, seedStandby } from "../stage/seed";
import { FUNCTION_ZIP, type ReaderRate, setStage, startReaders } from "../stage/set-stage";
import { type BothPlans, beginPhase, type Stage } from "../stage/stage";
import type { StoreKind } from "../stage/store-kind";
import type { Readers } from "../workload/readers";
import { claimFolder } from "./deployment-folder";
import { makeOperatorProject, type OperatorProject } from "./operator-project";
import { answerForNames, publicNames } from "./public-names";

/** Within the deployment's folder: what its servers keep. */
const RUN_FOLDER = "run";
const OBJECTS = 60;
const WRITES_PER_SECOND = 1;
/** Two reads a second each; patient as browsers are. */
const READERS: ReaderRate = { readers: 2, periodMilliseconds: 500, timeoutMilliseconds: 6000 };
/** Of the monitors, on a machine that may be busy. */
const MINIMUM_TIMEOUT_MILLISECONDS = 3000;
/** How long the active store must not have changed, as `flip` has it by default. */
const QUIET_MINUTES = 30;

/** For how many minutes of this machine a flip is refused after another, and after the start; 0: never. */
export function quietMinutes(speed: number): number {
  return Math.floor(QUIET_MINUTES / speed);
}

export interface LocalDeploymentOptions {
  readonly stores: StoreKind;
  /** Seconds of the real deployment that pass in one second here. */
  readonly speed: number;
  readonly seed: number;
  /** Absolute. Belongs to the deployment while it is up. */
  readonly folder: string;
  /** Whether somebody reads and writes all the time. */
  readonly load: boolean;
  readonly signal: AbortSignal;
  readonly progress: RunProgress;
  /** Told of whatever happens from then on. @default - nobody is */
  readonly onEvent?: (event: DrillEvent) => void;
}

/** The example's deployment on this machine: it is up until it is stopped. */
export interface LocalDeployment extends OperatorProject {
  readonly hostname: string;
  /** Where readers read, by HTTP; `curl` in the operator's shell finds it by its public name too. */
  readonly readersUrl: string;
  readonly stage: Stage;
  /** Kills a store, as if its cloud were lost. */
  lose(store: StoreName): Promise<void>;
  /** Brings it back with what it held. */
  bringBack(store: StoreName): Promise<void>;
  /** Readers and writer end; nothing is in flight afterwards. */
  rest(): Promise<void>;
  /** Ends everything and removes the folder. Safe to call twice. */
  stop(): Promise<void>;
}

/** The function has not been built. */
export class FunctionMissingError extends Error {
  public override readonly name = "FunctionMissingError";
}

/**
 * @throws AlreadyRunningError, FunctionMissingError, ServerUnavailableError, or an error of what could not be started;
 * everything that was has ended by then
 */
export async function startLocalDeployment(options: LocalDeploymentOptions): Promise<LocalDeployment> {
  if (!existsSync(FUNCTION_ZIP)) {
    throw new FunctionMissingError(`there is no ${FUNCTION_ZIP}; run: npm run build:lambda`);
  }
  const cleanup = new Cleanup();
  try {
    return await start(options, cleanup);
  } catch (error) {
    await cleanup.run();
    throw error;
  }
}

async function start(options: LocalDeploymentOptions, cleanup: Cleanup): Promise<LocalDeployment> {
  const { folder, signal, progress } = options;
  await claimFolder(folder, cleanup);
  await mkdir(join(folder, RUN_FOLDER));
  const plans = progress.step("plans");
  const both = await synthesizeBoth(join(folder, RUN_FOLDER), signal);
  plans.done("4 stacks synthesized");

  const servers = progress.step("deployment");
  const stage = await openStage(options, both, (words) => servers.update(words), cleanup);
  const cloudflare = await startCloudflareInFront(stage, false, cleanup);
  const { hostname } = stage.plans.primary.edge;
  const names = publicNames({
    hostname,
    edgeUrl: stage.edge.url,
    apiUrl: cloudflare.baseUrl,
    resolverUrls: stage.resolverUrls,
  });
  await answerForNames(names, folder, cleanup);
  servers.done("stores, edge, Cloudflare's API, two resolvers, function");

  const load = progress.step("load");
  const report = await fill(stage, options, (words) => load.update(words));
  const readers = options.load ? startReaders(stage, READERS, cleanup) : undefined;
  if (options.load) stage.writer.start();
  stage.replicator.start();
  load.done(runSummary(report));

  const project = progress.step("operator's project");
  const made = await makeOperatorProject(stage, folder, {
    ...withoutPlanned(operatorEnvironment(stage, cloudflare), stage),
    ...scaledDefaults(stage),
    CURL_HOME: folder,
  });
  project.done("facts, runbook, environment");
  return opened({ stage, readers, cleanup, made, hostname });
}

function openStage(
  { folder, ...options }: LocalDeploymentOptions,
  both: BothPlans,
  onProgress: (words: string) => void,
  cleanup: Cleanup,
): Promise<Stage> {
  const run = join(folder, RUN_FOLDER);
  const log = new EventLog(join(run, "events.jsonl"));
  cleanup.add(() => void log.close());
  return setStage(
    {
      ...options,
      both,
      folder: run,
      log,
      readers: READERS,
      writesPerSecond: WRITES_PER_SECOND,
      minimumTimeoutMilliseconds: MINIMUM_TIMEOUT_MILLISECONDS,
      onProgress,
    },
    cleanup,
  );
}

async function fill(
  stage: Stage,
  { seed, stores }: LocalDeploymentOptions,
  onProgress: (words: string) => void,
) {
  beginPhase(stage, "load");
  const objects = smallObjects({ seed, count: OBJECTS, stores });
  await loadPrimary(stage, objects, (now) => onProgress(`${now.objects} of ${OBJECTS} objects`));
  onProgress("replicating");
  const report = await seedStandby(stage);
  beginPhase(stage, "steady");
  return report;
}

/** What the project's own plan says is left to it, as with a real deployment. */
function withoutPlanned(
  variables: Readonly<Record<string, string>>,
  { functionVariables }: Stage,
): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(variables).filter(([name]) => !(name in functionVariables) || name.startsWith("AWS_")),
  );
}

/** Commands know nothing of scaled time: what they wait for by default, in this machine's time. */
function scaledDefaults({ timing }: Stage): Readonly<Record<string, string>> {
  return {
    STORAGE_FAILOVER_FENCE_SECONDS: String(Math.ceil(timing.fenceMilliseconds / 1000)),
    STORAGE_FAILOVER_QUIET_MINUTES: String(quietMinutes(timing.speed)),
  };
}

function opened({
  stage,
  readers,
  cleanup,
  made,
  hostname,
}: {
  readonly stage: Stage;
  readonly readers: Readers | undefined;
  readonly cleanup: Cleanup;
  readonly made: OperatorProject;
  readonly hostname: string;
}): LocalDeployment {
  const breakages = new Breakages(stage, undefined);
  return {
    ...made,
    hostname,
    readersUrl: stage.edge.url,
    stage,
    lose: (target) => breakages.break({ target, kind: "killed" }),
    bringBack: (store) => breakages.mend(store),
    rest: async () => {
      await readers?.stop();
      await stage.writer.rest();
      await stage.replicator.stop();
    },
    stop: () => cleanup.run(),
  };
}
