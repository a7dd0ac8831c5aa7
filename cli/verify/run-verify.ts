import { errorReason } from "../../drill/machine/caught-error";
import { grouped } from "../../drill/report/wording";
import { systemClock } from "../../lambda/replicator/clock";
import type { VerifyArguments } from "../commands/verify";
import { EXIT } from "../exit-codes";
import { LiveProgress } from "../progress/live-progress";
import { runCommand } from "../run-command";
import { type OpenedStores, openStores } from "../stores/open-stores";
import { openRequest } from "../stores/store-arguments";
import { WrongUseError } from "../wrong-use-error";
import type { Depth } from "./compare-key";
import { ReportFile } from "./report-file";
import type { VerifyReport } from "./verify-report";
import { verifyStores } from "./verify-stores";
import { verifySummary } from "./verify-summary";

/** `storage-failover verify`: sets the exit code, never rejects. */
export function runVerify(given: VerifyArguments): Promise<void> {
  return runCommand({
    task: (signal) => compare(given, signal),
    stopping: "stopping; what is under way is finished first (Ctrl-C again: leave at once) …",
    verbose: given.verbose,
  });
}

async function compare(given: VerifyArguments, signal: AbortSignal): Promise<number> {
  const depth = depthOf(given);
  const request = openRequest(given, process.env);
  const stores = await openStores({ ...request, maxSockets: 2 * given.concurrency });
  const file = given.report === undefined ? undefined : openReport(given.report);
  try {
    const report = await compareStores(given, depth, stores, file, signal);
    const where = {
      command: "verify",
      from: stores.source.place,
      to: stores.destination.place,
      prefix: given.prefix,
    };
    const { differences: _named, ...counts } = report;
    file?.finish({ ...where, ...counts });
    const text = given.json
      ? JSON.stringify({ ...where, ...report }, null, 2)
      : verifySummary(report, given.report);
    process.stdout.write(`${text}\n`);
    return signal.aborted ? EXIT.interrupted : EXIT_OF[report.outcome];
  } catch (error) {
    file?.discard();
    throw error;
  } finally {
    stores.close();
  }
}

const EXIT_OF: Readonly<Record<VerifyReport["outcome"], number>> = {
  equal: EXIT.done,
  different: EXIT.wanting,
  unfinished: EXIT.unreachable,
};

async function compareStores(
  { prefix, concurrency, json }: VerifyArguments,
  depth: Depth,
  stores: OpenedStores,
  file: ReportFile | undefined,
  signal: AbortSignal,
): Promise<VerifyReport> {
  const { source, destination } = stores;
  if (!json) process.stdout.write(`comparing ${source.label}\n     with ${destination.label}\n\n`);
  let different = 0;
  const progress = new LiveProgress({
    stream: process.stderr,
    source: source.client,
    prefix,
    facts: () => [`${grouped(different)} differ`],
  });
  try {
    return await verifyStores({
      source: source.client,
      destination: destination.client,
      depth,
      prefix,
      concurrency,
      clock: systemClock,
      random: Math.random,
      signal,
      onDifference: (difference) => file?.add(difference),
      onCompared: (done) => {
        ({ different } = done);
        progress.note(done, done.key);
      },
    });
  } finally {
    progress.stop();
  }
}

function depthOf({ quick, deep }: VerifyArguments): Depth {
  if (quick && deep) throw new WrongUseError("--quick and --deep exclude each other");
  if (deep) return "bytes";
  return quick ? "listings" : "headers";
}

function openReport(path: string): ReportFile {
  try {
    return new ReportFile(path);
  } catch (error) {
    throw new WrongUseError(`--report "${path}" cannot be written: ${errorReason(error)}`, { cause: error });
  }
}
