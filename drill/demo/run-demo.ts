import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { resolveActiveStore } from "../../lambda/marker";
import { searchSecrets } from "../comparison/secrets-search";
import { EventLog } from "../evidence/event-log";
import type { DrillEvent } from "../evidence/events";
import { computeFigures } from "../evidence/figures";
import { startLambdaProcess } from "../lambda-process/lambda-process";
import { monotonicMilliseconds } from "../machine/clock";
import { type WrittenReport, writeReport } from "../report/write-report";
import { readFolder } from "../workload/folder-input";
import { generateObjects } from "../workload/generated-objects";
import { KnownValues } from "../workload/known-values";
import { watchMachineDelay } from "../workload/machine-delay";
import { Readers } from "../workload/readers";
import { combineInputs, type SourceObject } from "../workload/source-object";
import { Writer } from "../workload/writer";
import { playFailback } from "./acts/failback";
import { playFailover } from "./acts/failover";
import { playFinish } from "./acts/finish";
import { playLoss } from "./acts/loss";
import { playOutage } from "./acts/outage";
import { loadAndReplicate, planFolders, synthesizeBoth } from "./acts/prepare";
import { playReturn } from "./acts/return";
import { Cleanup } from "./cleanup";
import { Observed } from "./observed";
import type { DemoOptions } from "./options";
import { plannedEnvironment } from "./planned-environment";
import { predictions } from "./plans";
import { ScheduledReplicator } from "./replicator";
import { beginPhase, type Stage } from "./stage";
import { clockFrom, startEdgeInFront, startStores, temporaryFolder } from "./test-bed";
import { Timing } from "./timing";

const REPOSITORY = join(__dirname, "..", "..");
const FUNCTION_ZIP = join(REPOSITORY, "assets", "replicator.zip");
const EXAMPLE_SITE = join(REPOSITORY, "examples", "static-site");

const READERS = 4;
const READER_PERIOD_MILLISECONDS = 100;
const WRITES_PER_SECOND = 5;
/** How long all is well before anything breaks; seconds of the real deployment. */
const STEADY_SECONDS = 20;

/**
 * The whole story: both plans, two stores, real input, an outage, a loss, a failover, the way back, and a
 * report computed from the event log.
 *
 * @throws FolderInputError, ServerUnavailableError, or an error of whatever did not come about in time;
 *   everything that was started has ended by then
 */
export async function runDemo(options: DemoOptions): Promise<WrittenReport> {
  const cleanup = new Cleanup();
  try {
    return await play(options, cleanup);
  } finally {
    await cleanup.run();
  }
}

async function play(options: DemoOptions, cleanup: Cleanup): Promise<WrittenReport> {
  const input = await inputObjects(options);
  const folder = await temporaryFolder(cleanup);
  const preview = await synthesizeBoth(options, folder);
  const log = new EventLog(join(options.reportFolder, "events.jsonl"));
  cleanup.add(() => void log.close());

  const stage = await setStage(options, preview, folder, log, cleanup);
  const { clock, emit } = stage;
  const endDelayWatch = cleanup.add(watchMachineDelay({ clock, emit }));
  await loadAndReplicate(stage, input);
  const readers = startReaders(stage, cleanup);
  stage.writer.start();
  stage.replicator.start();
  beginPhase(stage, "steady");
  options.progress.note(
    `readers ${(READERS * 1000) / READER_PERIOD_MILLISECONDS}/s, one writer ${WRITES_PER_SECOND}/s, ` +
      `replication every ${stage.plans.primary.replicator.intervalSeconds / 60} min`,
  );
  await delay(stage.timing.milliseconds(STEADY_SECONDS), undefined, { signal: options.signal });

  await playOutage(stage);
  await playFailover(stage, await playLoss(stage));
  await playReturn(stage);
  await playFailback(stage);
  await readers.stop();
  await stage.writer.rest();
  await stage.replicator.stop();
  await playFinish(stage);
  emit(await searchForSecrets(stage));
  await endDelayWatch();
  emit({ type: "run-ended", at: clock() });
  log.close();
  const measured = computeFigures(stage.events);
  return writeReport({ folder: options.reportFolder, logPath: log.path, measured });
}

async function inputObjects({ input, seed, stores }: DemoOptions): Promise<readonly SourceObject[]> {
  if (input !== undefined) return (await readFolder(input)).objects;
  // LocalStack answers 500 to an Expires that is no date, and MinIO drops it.
  const rawExpires = stores === "embedded";
  return combineInputs((await readFolder(EXAMPLE_SITE)).objects, generateObjects({ seed, rawExpires }));
}

/** Starts stores, edge and function, and whoever uses them. */
async function setStage(
  options: DemoOptions,
  { plans, changedPaths }: Pick<Stage, "plans" | "changedPaths">,
  folder: string,
  log: EventLog,
  cleanup: Cleanup,
): Promise<Stage> {
  const { primary: plan } = plans;
  const timing = new Timing(options.speed);
  const step = options.progress.step("stores");
  const stores = await startStores(options, plan, folder, cleanup, (text) => step.update(text));

  const origin = monotonicMilliseconds();
  const clock = clockFrom(origin);
  const observed = new Observed(clock);
  const events: DrillEvent[] = [];
  const emit = (event: DrillEvent) => {
    log.append(event);
    events.push(event);
    observed.see(event);
  };
  const fence = { seconds: timing.fenceSeconds, waitedMilliseconds: timing.fenceMilliseconds };
  emit({
    type: "run-started",
    at: clock(),
    wallClock: new Date().toISOString(),
    speed: options.speed,
    seed: options.seed,
    stores: { primary: described(stores.running.primary), secondary: described(stores.running.secondary) },
    predicted: predictions(plan.edge),
    fence,
    replicationIntervalSeconds: plan.replicator.intervalSeconds,
    readerPeriodMilliseconds: READER_PERIOD_MILLISECONDS / READERS,
  });
  const edge = await startEdgeInFront(
    { plan: plan.edge, stores, timing, seed: options.seed, origin, emit },
    cleanup,
  );

  const values = new KnownValues();
  const replicator = new ScheduledReplicator({
    intervalMilliseconds: timing.milliseconds(plan.replicator.intervalSeconds),
    clock,
    emit,
  });
  const { accessKeyId, secretAccessKey } = stores.running.secondary;
  await stores.secrets.put(plan.replicator.environment.SECONDARY_CREDENTIALS_SECRET ?? "", {
    accessKeyId,
    secretAccessKey,
  });
  const functionVariables = plannedEnvironment(plan.replicator, {
    stores: stores.access,
    resolverUrls: edge.resolverUrls,
    secretsEndpoint: stores.secrets.endpoint,
    timing,
  });
  const lambda = await startLambdaProcess({
    zipFile: FUNCTION_ZIP,
    handler: plan.replicator.handler,
    environment: functionVariables,
    // What Lambda puts there by itself: the region, and the role's credentials, which open the primary and the secret.
    region: stores.access.primary.region,
    role: stores.access.primary,
    timeoutSeconds: plan.replicator.timeoutSeconds,
    memoryMiB: plan.replicator.memoryMiB,
    onLog: (line) => replicator.log(line),
  });
  cleanup.add(() => lambda.stop());
  replicator.attach(lambda);
  cleanup.add(() => replicator.stop());

  const writer = new Writer({
    stores: stores.access,
    requestTimeoutMilliseconds: timing.requestTimeoutMilliseconds,
    holdMilliseconds: timing.holdMilliseconds,
    fenceMilliseconds: timing.fenceMilliseconds,
    resolveActiveStore: () =>
      resolveActiveStore({ hostname: plan.edge.hostname, resolvers: edge.resolverUrls }),
    writesPerSecond: WRITES_PER_SECOND,
    seed: options.seed,
    clock,
    emit,
    values,
  });
  cleanup.add(() => writer.stop());
  step.done(
    `primary ${place(stores, "primary")}   secondary ${place(stores, "secondary")}   edge 127.0.0.1:${edge.port}`,
  );
  return {
    options,
    timing,
    clock,
    emit,
    events,
    observed,
    folder,
    plans,
    changedPaths,
    stores,
    edge,
    replicator,
    functionVariables,
    values,
    writer,
  };
}

function startReaders(
  { plans, edge, timing, options, clock, emit, values }: Stage,
  cleanup: Cleanup,
): Readers {
  const readers = new Readers({
    edgeUrl: edge.url,
    hostname: plans.primary.edge.hostname,
    readers: READERS,
    periodMilliseconds: READER_PERIOD_MILLISECONDS,
    timeoutMilliseconds: timing.requestTimeoutMilliseconds,
    seed: options.seed,
    clock,
    emit,
    values,
  });
  readers.start();
  cleanup.add(() => readers.stop());
  return readers;
}

/** Looks for the stores' keys in what was synthesized, in the function and its own variables, and in the log. */
function searchForSecrets({ folder, options, stores, functionVariables, clock }: Stage) {
  const { primary, secondary } = stores.running;
  return searchSecrets({
    secrets: [
      { name: "primary's secret access key", value: primary.secretAccessKey },
      { name: "secondary's secret access key", value: secondary.secretAccessKey },
    ],
    paths: [...planFolders(folder), FUNCTION_ZIP, join(options.reportFolder, "events.jsonl")],
    environments: { replicator: functionVariables },
    clock,
  });
}

function described({ product, version }: { readonly product: string; readonly version: string }) {
  return { product, version };
}

function place({ running, access }: Stage["stores"], store: "primary" | "secondary"): string {
  return `${running[store].product} ${access[store].host}:${access[store].port}`;
}
