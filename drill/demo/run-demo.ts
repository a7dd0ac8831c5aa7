import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { EventLog } from "../evidence/event-log";
import { computeFigures } from "../evidence/figures";
import { prepareReportFolder } from "../report/report-folder";
import { type WrittenReport, writeReport } from "../report/write-report";
import { planFolders } from "../stage/both-plans";
import { Cleanup } from "../stage/cleanup";
import { repositoryCommit } from "../stage/repository-commit";
import { searchForSecrets } from "../stage/search-secrets";
import { type ReaderRate, setStage, startReaders } from "../stage/set-stage";
import { type BothPlans, beginPhase } from "../stage/stage";
import { keepRawExpires } from "../stage/store-kind";
import { type LocalStores, temporaryFolder } from "../stage/test-bed";
import { readFolder } from "../workload/folder-input";
import { generateObjects } from "../workload/generated-objects";
import { watchMachineDelay } from "../workload/machine-delay";
import { combineInputs, type SourceObject } from "../workload/source-object";
import { playFailback } from "./acts/failback";
import { playFailover } from "./acts/failover";
import { playFinish } from "./acts/finish";
import { playLoss } from "./acts/loss";
import { playOutage } from "./acts/outage";
import { loadAndReplicate, previewFlip } from "./acts/prepare";
import { playReturn } from "./acts/return";
import type { DemoStage } from "./demo-stage";
import type { DemoOptions } from "./options";

const REPOSITORY = join(__dirname, "..", "..");
const EXAMPLE_SITE = join(REPOSITORY, "examples", "static-site");

/** None of the story's outages hangs: a long time-out only keeps a busy machine from being taken for a broken store. */
const TIMEOUT_MILLISECONDS = 5000;
const READERS: ReaderRate = {
  readers: 4,
  periodMilliseconds: 100,
  timeoutMilliseconds: TIMEOUT_MILLISECONDS,
};
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
  prepareReportFolder(options.reportFolder);
  const folder = await temporaryFolder("demo", cleanup);
  const both = await previewFlip(options, folder);
  const log = new EventLog(join(options.reportFolder, "events.jsonl"));
  cleanup.add(() => void log.close());

  const stage = await startStage(options, both, folder, log, cleanup);
  const { clock, emit } = stage;
  const endDelayWatch = cleanup.add(watchMachineDelay({ clock, emit }));
  await loadAndReplicate(stage, input);
  const readers = startReaders(stage, READERS, cleanup);
  stage.writer.start();
  stage.replicator.start();
  beginPhase(stage, "steady");
  options.progress.note(
    `readers ${(READERS.readers * 1000) / READERS.periodMilliseconds}/s, one writer ${WRITES_PER_SECOND}/s, ` +
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
  log.flush();
  emit(await searchForSecrets(stage, { paths: [...planFolders(folder), log.path] }));
  await endDelayWatch();
  emit({ type: "run-ended", at: clock() });
  // Edge and function tell of themselves until they have ended: the log, which was begun first, is closed last.
  await cleanup.run();
  const measured = computeFigures(stage.events);
  return writeReport({ folder: options.reportFolder, logPath: log.path, measured, separately: true });
}

async function inputObjects({ input, seed, stores }: DemoOptions): Promise<readonly SourceObject[]> {
  if (input !== undefined) return (await readFolder(input)).objects;
  const rawExpires = keepRawExpires(stores);
  return combineInputs((await readFolder(EXAMPLE_SITE)).objects, generateObjects({ seed, rawExpires }));
}

async function startStage(
  options: DemoOptions,
  both: BothPlans,
  folder: string,
  log: EventLog,
  cleanup: Cleanup,
): Promise<DemoStage> {
  const step = options.progress.step("stores");
  const stage = await setStage(
    {
      ...options,
      both,
      folder,
      log,
      readers: READERS,
      writesPerSecond: WRITES_PER_SECOND,
      minimumTimeoutMilliseconds: TIMEOUT_MILLISECONDS,
      told: { commit: await repositoryCommit(), versions: { node: process.version } },
      onProgress: (text) => step.update(text),
    },
    cleanup,
  );
  const { stores, edge } = stage;
  step.done(
    `primary ${place(stores, "primary")}   secondary ${place(stores, "secondary")}   edge 127.0.0.1:${edge.port}`,
  );
  return { ...stage, options };
}

function place({ running, access }: LocalStores, store: "primary" | "secondary"): string {
  return `${running[store].product} ${access[store].host}:${access[store].port}`;
}
