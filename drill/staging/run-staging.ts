import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import type { StoreName } from "../../contract/stores";
import type { Secret } from "../comparison/secret-spellings";
import { searchSecrets } from "../comparison/secrets-search";
import { EventLog } from "../evidence/event-log";
import type { DrillEvent, RunStarted } from "../evidence/events";
import { computeFigures } from "../evidence/figures";
import { errorLine } from "../machine/caught-error";
import { type WrittenReport, writeReport } from "../report/write-report";
import { Cleanup } from "../stage/cleanup";
import type { RunProgress } from "../stage/progress";
import { Timing } from "../stage/timing";
import { watchMachineDelay } from "../workload/machine-delay";
import { blackoutBetween } from "./blackout";
import { mendBroken, playFault, settle } from "./play-fault";
import { ServedBy } from "./served-by";
import type { StagedDeployment } from "./staged-deployment";
import { stagingBeginning } from "./staging-beginning";
import type { StagingConfig } from "./staging-config";
import { StagingFaults } from "./staging-faults";
import { newStagingJournal, type StagingJournalFile } from "./staging-journal";
import { StagingReaders } from "./staging-readers";
import { AbortedDrillError, LOOK_SECONDS, StagingWatch } from "./staging-watch";

export interface StagingSettings {
  readonly config: StagingConfig;
  readonly deployment: StagedDeployment;
  readonly journalFile: StagingJournalFile;
  /** The store that is active, and preferred by the edge. */
  readonly active: StoreName;
  /** What the plan's own numbers predict. */
  readonly predicted: RunStarted["predicted"];
  readonly replicationIntervalSeconds: number;
  readonly stores: RunStarted["stores"];
  /** Seconds of the deployment that pass in one second here; 1 for every deployment that is not on this machine. */
  readonly speed: number;
  /** Gets report and event log; created when missing. */
  readonly reportFolder: string;
  /** Looked for in whatever the drill writes. */
  readonly secrets: readonly Secret[];
  /** Ctrl-C. The drill mends, reports and comes to its end. */
  readonly signal: AbortSignal;
  readonly progress: RunProgress;
}

export interface StagingResult {
  /** Everything came out as expected. */
  readonly passed: boolean;
  /** Why it was ended early. @default - it was not */
  readonly problem?: string;
  readonly report: WrittenReport;
}

/** The running parts of a drill against a deployment. */
export interface StagingStage extends Pick<StagingSettings, "config" | "active" | "predicted" | "progress"> {
  readonly timing: Timing;
  readonly clock: () => number;
  readonly emit: (event: DrillEvent) => void;
  readonly faults: StagingFaults;
  readonly watch: StagingWatch;
  readonly served: ServedBy;
  /** Aborted by Ctrl-C and by every condition of the configuration. */
  readonly signal: AbortSignal;
  /** The store whose health object says nothing now. */
  voided: StoreName | undefined;
}

/**
 * Drills a deployment that is in use: breaks what the configuration names, one thing after the other, and mends each,
 * whatever happens. Readers read all the while.
 *
 * @throws NotMendedError when something could not be mended: the journal keeps it for `--mend`
 */
export async function runStagingDrill(settings: StagingSettings): Promise<StagingResult> {
  const cleanup = new Cleanup();
  try {
    return await drill(settings, cleanup);
  } finally {
    await cleanup.run();
  }
}

async function drill(settings: StagingSettings, cleanup: Cleanup): Promise<StagingResult> {
  const { config, deployment, journalFile, reportFolder, progress } = settings;
  const log = new EventLog(join(reportFolder, "events.jsonl"));
  cleanup.add(() => void log.close());
  const began = performance.now();
  const clock = () => performance.now() - began;
  const timing = new Timing(settings.speed);
  const enough = new AbortController();
  const events: DrillEvent[] = [];
  const emit = (event: DrillEvent) => {
    log.append(event);
    events.push(event);
    stage.served.see(event);
    stage.watch.see(event);
  };
  const journal = newStagingJournal(deployment.hostname, new Date());
  const stage: StagingStage = {
    ...settings,
    timing,
    clock,
    emit,
    faults: new StagingFaults(deployment, journalFile, journal),
    served: new ServedBy(),
    watch: new StagingWatch({
      deployment,
      abort: config.abort,
      timing,
      clock,
      emit,
      broken: () => stage.faults.broken,
      blackout: (now) => blackoutBetween(config.blackout, now, now),
      onAbort: (reason) => enough.abort(reason),
    }),
    signal: AbortSignal.any([settings.signal, enough.signal]),
    voided: undefined,
  };
  const period = 1000 / (config.reads.perSecond * settings.speed);
  const resolution = Math.max(period, timing.milliseconds(LOOK_SECONDS));
  emit(stagingBeginning(settings, resolution, clock()));
  await journalFile.save(journal);
  const endDelayWatch = cleanup.add(watchMachineDelay({ clock, emit }));
  const readers = new StagingReaders({
    url: deployment.readersUrl,
    hostname: deployment.hostname,
    reads: config.reads,
    periodMilliseconds: period,
    timeoutMilliseconds: Math.max(1000, timing.milliseconds(config.reads.timeoutSeconds)),
    clock,
    emit,
    withoutHealthObject: () => stage.voided,
  });
  readers.start();
  const stopReaders = cleanup.add(() => readers.stop());
  stage.watch.start();
  const stopWatch = cleanup.add(() => stage.watch.stop());

  const problem = await play(stage);
  // Nothing may stay broken: this throws when it does, and leaves the journal.
  await mendWhatIsLeft(stage);
  await stopWatch();
  await stopReaders();
  await endDelayWatch();
  emit(await searchSecrets({ secrets: settings.secrets, paths: [journalFile.path, log.path], clock }));
  await journalFile.remove();
  if (problem === undefined) emit({ type: "run-ended", at: clock() });
  log.close();
  const step = progress.step("report");
  const report = writeReport({ folder: reportFolder, logPath: log.path, measured: computeFigures(events) });
  step.done(`${events.length} events`);
  return { passed: problem === undefined && report.figures.passed, problem, report };
}

/** The reason why it was ended early; undefined when it was played to its end. */
async function play(stage: StagingStage): Promise<string | undefined> {
  try {
    await settle(stage);
    for (const fault of stage.config.faults) await playFault(stage, fault);
    return undefined;
  } catch (error) {
    const { signal } = stage;
    const reason: unknown = signal.aborted ? signal.reason : error;
    return reason instanceof AbortedDrillError ? reason.message : errorLine(reason);
  }
}

async function mendWhatIsLeft(stage: StagingStage): Promise<void> {
  const part = stage.faults.broken;
  if (part === undefined) return;
  const step = stage.progress.step("mending");
  await mendBroken(stage);
  step.done(`${part.store} is as it was`);
  // A last look at the readers, who may still be on their way back.
  await delay(stage.timing.milliseconds(LOOK_SECONDS));
}
