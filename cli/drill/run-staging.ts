import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { predictions } from "../../drill/stage/plans";
import { longestSeconds } from "../../drill/staging/expected-duration";
import { readStagingConfig, StagingConfigError } from "../../drill/staging/read-staging-config";
import { runStagingDrill } from "../../drill/staging/run-staging";
import type { StagingConfig } from "../../drill/staging/staging-config";
import { partText, StagingFaults } from "../../drill/staging/staging-faults";
import { type StagingJournal, StagingJournalFile } from "../../drill/staging/staging-journal";
import { isUnfinished } from "../../operate/flip/journal";
import { JournalFile } from "../../operate/flip/journal-file";
import { activeStore, observe } from "../../operate/observe/observe";
import { DEFAULT_INTERVAL_SECONDS } from "../../operate/replication-schedule";
import { environmentSecrets } from "../environment-secrets";
import { EXIT } from "../exit-codes";
import { confirmText } from "../flip/confirm-store";
import { InterruptedError } from "../interruptible";
import { refuseWhileRunning } from "../refuse-while-running";
import { RefusedError } from "../refused-error";
import { runCommand } from "../run-command";
import { observationSources } from "../status/observation-sources";
import { configuredStores } from "../stores/configured-stores";
import { plannedEdge } from "../stores/planned-edge";
import { plannedSchedule } from "../stores/planned-schedule";
import { planPlace } from "../stores/store-arguments";
import { TerminalProgress } from "../terminal-progress";
import { WrongUseError } from "../wrong-use-error";
import type { DrillArguments } from "./drill-arguments";
import { readersOrigin, stagedDeployment } from "./staging-deployment";
import { stagingRefusals } from "./staging-guards";
import type { StagingArguments } from "./staging-options";
import { mendedText, plannedText, stagingJson, stagingSummary } from "./staging-text";
import { refuseVirtualNumbers, type VirtualArguments } from "./virtual-options";

type Given = DrillArguments & StagingArguments & VirtualArguments;

const DEFAULT_CONFIG = "staging.yaml";

/** `storage-failover drill --target staging`: sets the exit code, never rejects. */
export async function runStaging(names: readonly string[], given: Given): Promise<void> {
  let progress: TerminalProgress | undefined;
  await runCommand({
    task: (signal) => {
      refuseOthers(names, given);
      progress = new TerminalProgress(given.json ? process.stderr : process.stdout);
      return given.mend ? mend(given) : drill(given, progress, signal);
    },
    stopping: "mending what is broken, then stopping …",
    interruption: new InterruptedError("interrupted"),
    verbose: given.verbose,
    onFailure: () => progress?.fail(),
  });
}

async function drill(given: Given, progress: TerminalProgress, signal: AbortSignal): Promise<number> {
  const config = configOf(given);
  const place = { ...planPlace(given), environment: process.env, facts: given.facts };
  const speed = speedOf(given);
  const journalFile = new StagingJournalFile(".");
  refuseUnfinished(await journalFile.read());
  const [found, edge, schedule, stores, flip] = await Promise.all([
    observationSources(place),
    plannedEdge(place),
    plannedSchedule(place),
    configuredStores(place),
    new JournalFile(".").read(),
  ]);
  if (edge === undefined)
    throw new WrongUseError(
      "nothing was synthesized here; run: npx cdktf synth, or give its folder with --synthesized",
    );
  const { deployment, facts } = await stagedDeployment(place, found.sources.notes);
  const replicationIntervalSeconds = schedule.intervalSeconds ?? DEFAULT_INTERVAL_SECONDS;
  const predicted = predictions({
    edge: edge.plan,
    replicator: { intervalSeconds: replicationIntervalSeconds },
  });
  const lastsSeconds = longestSeconds(config, predicted) / speed;
  const lagSeconds = config.abort.lagSeconds ?? found.lagObjectiveSeconds;

  const step = progress.step("status");
  const observation = await observe(found.sources, signal);
  const what = `drill of ${facts.hostname}`;
  const refusals = [
    ...(edge.plan.hostname === facts.hostname
      ? []
      : [
          {
            reason: `the plan is about ${edge.plan.hostname}, the facts are about ${facts.hostname}`,
            remedy: "synthesize the plan of this deployment, or name its facts with --facts",
          },
        ]),
    ...stagingRefusals({
      config,
      hostname: facts.hostname,
      observation,
      lagObjectiveSeconds: lagSeconds,
      now: new Date(),
      lastsSeconds,
      isFlipUnfinished: isUnfinished(flip),
    }),
  ];
  if (refusals.length > 0) throw new RefusedError(what, refusals);
  const active = activeStore(observation);
  if (active === undefined) throw new Error("the marker cannot be read");
  step.done("well");
  progress.print(plannedText(facts.hostname, config, lastsSeconds, speed));
  if (given.yes !== true) await confirmText(facts.hostname, what, signal);

  const result = await runStagingDrill({
    config: { ...config, abort: { ...config.abort, lagSeconds } },
    deployment,
    journalFile,
    active,
    predicted,
    replicationIntervalSeconds,
    stores: {
      primary: productOf(stores?.stores.primary.endpoint),
      secondary: productOf(stores?.stores.secondary.endpoint),
    },
    speed,
    reportFolder: join(resolve(given.report), "staging"),
    secrets: environmentSecrets(process.env),
    signal,
    progress,
  });
  if (given.json) process.stdout.write(`${JSON.stringify(stagingJson(facts.hostname, result), null, 2)}\n`);
  else progress.print(stagingSummary(result));
  if (signal.aborted) return EXIT.interrupted;
  return result.passed ? EXIT.done : EXIT.wanting;
}

/** Works without a plan of the edge, and without asking anybody whether all is well: it is not. */
async function mend(given: Given): Promise<number> {
  const journalFile = new StagingJournalFile(".");
  const journal = await journalFile.read();
  if (journal !== undefined) refuseWhileRunning(`drill of ${journal.hostname}`, journal, "a drill");
  const place = { ...planPlace(given), environment: process.env, facts: given.facts };
  if (journal?.broken === undefined) {
    await journalFile.remove();
    tell(given, { outcome: "nothing-to-do" }, "Nothing is broken: no drill has left anything behind here.");
    return EXIT.done;
  }
  const { deployment, facts } = await stagedDeployment(place);
  if (facts.hostname !== journal.hostname)
    throw new WrongUseError(
      `${journalFile.path} is about ${journal.hostname}, the facts are about ${facts.hostname}; name the right ones with --facts`,
    );
  const faults = new StagingFaults(deployment, journalFile, journal);
  const mended = await faults.mend();
  await journalFile.remove();
  if (mended === undefined) return EXIT.done;
  const { store, kind } = mended.part;
  tell(
    given,
    { outcome: "mended", store, kind, changedByOthers: mended.changedByOthers },
    mendedText(mended),
  );
  return mended.changedByOthers ? EXIT.wanting : EXIT.done;
}

function tell({ json }: Given, facts: object, text: string): void {
  process.stdout.write(`${json ? JSON.stringify({ command: "drill", ...facts }, null, 2) : text}\n`);
}

/** @throws WrongUseError */
function configOf({ config }: Given): StagingConfig {
  const file = config ?? DEFAULT_CONFIG;
  if (config === undefined && !existsSync(file))
    throw new WrongUseError(
      `what may be broken, and when? give a file with --config; docs/drills.md shows one`,
    );
  try {
    return readStagingConfig(file);
  } catch (error) {
    if (!(error instanceof StagingConfigError)) throw error;
    throw new WrongUseError(error.message, { cause: error });
  }
}

/** @throws WrongUseError: only an edge on this machine can have another speed than time itself */
function speedOf({ speed = 1 }: Given): number {
  if (speed === 1 || readersOrigin(process.env) !== undefined) return speed;
  throw new WrongUseError("--speed is for edges on this machine; a deployment has the speed of time itself");
}

/** @throws WrongUseError for what would be ignored */
function refuseOthers(names: readonly string[], given: Given): void {
  if (names.length > 0 || given.all || given.set !== undefined || given.list)
    throw new WrongUseError(
      "--target staging plays no scenarios; what it breaks is in its file, see --config",
    );
  if (given.virtual) throw new WrongUseError("give --virtual or --target staging, not both");
  refuseVirtualNumbers(given);
}

/** @throws RefusedError while another drill is at it, or has left something broken */
function refuseUnfinished(journal: StagingJournal | undefined): void {
  if (journal === undefined) return;
  const what = `drill of ${journal.hostname}`;
  refuseWhileRunning(what, journal, "a drill");
  if (journal.broken === undefined) return;
  throw new RefusedError(what, [
    {
      reason: `a drill was killed on ${journal.begunAt}, and ${partText(journal.broken)} since ${journal.broken.since}`,
      remedy: "storage-failover drill --target staging --mend",
    },
  ]);
}

function productOf(endpoint: string | undefined) {
  return { product: endpoint === undefined ? "unknown" : new URL(endpoint).host, version: "as deployed" };
}
