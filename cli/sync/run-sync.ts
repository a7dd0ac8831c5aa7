import { byteSize, duration, grouped } from "../../drill/report/wording";
import type { AdmissionLimits } from "../../lambda/replicator/admission";
import { systemClock } from "../../lambda/replicator/clock";
import { DEFAULT_DELETE_POLICY, type DeletePolicy } from "../../lambda/replicator/delete-policy";
import { readProgress } from "../../lambda/replicator/progress";
import type { RunReport } from "../../lambda/replicator/report";
import type { Settled } from "../../lambda/replicator/settle-key";
import { syncByHand } from "../../lambda/replicator/sync-by-hand";
import type { ObjectClient } from "../../lambda/s3/object-client";
import type { SyncArguments } from "../commands/sync";
import { LiveProgress } from "../progress/live-progress";
import { runCommand } from "../run-command";
import { type OpenedStores, openStores } from "../stores/open-stores";
import { openRequest } from "../stores/store-arguments";
import { permissionToWrite } from "../stores/write-permission";
import { syncExitCode } from "./sync-outcome";
import { syncSummary } from "./sync-summary";

/** `storage-failover sync`: sets the exit code, never rejects. */
export function runSync(given: SyncArguments): Promise<void> {
  return runCommand({
    task: (signal) => sync(given, signal),
    stopping: "stopping; what is under way is finished first (Ctrl-C again: leave at once) …",
    verbose: given.verbose,
  });
}

async function sync(given: SyncArguments, signal: AbortSignal): Promise<number> {
  const stores = await openStores(openRequest(given, process.env));
  try {
    const { source, destination } = stores;
    const confirm = given.dryRun
      ? undefined
      : await permissionToWrite({
          into: destination,
          doing: "sync",
          config: stores.config,
          intoActive: given.intoActive === true,
          clock: systemClock,
        });
    if (!given.json) process.stdout.write(`syncing ${source.label}\n   into ${destination.label}\n\n`);
    const report = await syncShown(given, stores, confirm, signal);
    const where = { command: "sync", from: source.place, to: destination.place, prefix: given.prefix };
    const { source: _from, destination: _to, ...rest } = report;
    const text = given.json ? JSON.stringify({ ...where, ...rest }, null, 2) : syncSummary(report);
    process.stdout.write(`${text}\n`);
    return syncExitCode(report, signal.aborted);
  } finally {
    stores.close();
  }
}

async function syncShown(
  given: SyncArguments,
  { source, destination }: OpenedStores,
  confirm: (() => Promise<void>) | undefined,
  signal: AbortSignal,
): Promise<RunReport> {
  const counts = new LiveCounts(await syncPointOf(destination.client));
  const progress = new LiveProgress({
    stream: process.stderr,
    source: source.client,
    prefix: given.prefix,
    facts: () => counts.facts(Date.now()),
  });
  try {
    return await syncByHand({
      source: source.client,
      destination: destination.client,
      sourceAddress: source.address,
      prefix: given.prefix,
      deletes: deletePolicy(given),
      dryRun: given.dryRun,
      limits: limits(given.concurrency),
      confirm,
      signal,
      clock: systemClock,
      random: Math.random,
      onSettled: (key, settled, size) => {
        counts.add(settled, size);
        progress.note(counts.done, key);
      },
    });
  } finally {
    progress.stop();
  }
}

/** Someone who says how many may go has looked: then the number alone counts. */
function deletePolicy({ deletes: mode, maxDelete }: SyncArguments): DeletePolicy {
  if (maxDelete === undefined) return { ...DEFAULT_DELETE_POLICY, mode };
  return { mode, mostKeys: maxDelete, mostPercent: 100 };
}

/** Large objects fill a connection each; the usual number of them is enough for any line. */
function limits(concurrency: number | undefined): AdmissionLimits | undefined {
  if (concurrency === undefined) return undefined;
  return {
    smallAtFirst: Math.min(32, concurrency),
    smallAtMost: concurrency,
    streams: Math.min(8, concurrency),
  };
}

/** How far the destination was behind when the sync began; known where replication has run before. */
async function syncPointOf(destination: ObjectClient): Promise<string | undefined> {
  try {
    return (await readProgress(destination))?.value.syncPoint;
  } catch {
    // For display only; what is wrong with the store shows in the sync itself.
    return undefined;
  }
}

/** What was done so far. */
class LiveCounts {
  public done = { keys: 0, bytes: 0 };
  private copied = 0;
  private copiedBytes = 0;
  private exceptions = 0;

  constructor(private readonly syncPoint: string | undefined) {}

  public add(settled: Settled, size: number): void {
    this.done = { keys: this.done.keys + 1, bytes: this.done.bytes + size };
    if (settled.outcome === "copied") {
      this.copied += 1;
      this.copiedBytes += settled.size;
    } else if (settled.outcome !== "unchanged" && settled.outcome !== "removed") {
      this.exceptions += 1;
    }
  }

  public facts(now: number): readonly string[] {
    const behind = this.syncPoint && (now - Date.parse(this.syncPoint)) / 1000;
    return [
      `${grouped(this.copied)} copied, ${byteSize(this.copiedBytes)}`,
      ...(this.exceptions > 0 ? [`${grouped(this.exceptions)} reported`] : []),
      ...(behind ? [`behind ${duration(behind)}`] : []),
    ];
  }
}
