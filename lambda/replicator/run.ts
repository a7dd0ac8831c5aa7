import type { StoreName } from "../../contract/stores";
import { otherStore } from "../../contract/stores";
import type { MarkerReader } from "../marker/marker-reader";
import type { ObjectClient } from "../s3/object-client";
import { StoreError } from "../s3/store-error";
import type { AdmissionLimits } from "./admission";
import type { Clock } from "./clock";
import { DestinationProbe } from "./destination-probe";
import { DirectionGuard, DirectionLostError } from "./direction-guard";
import { noteFlip, refuseLaterEpoch, StoreReplacedError, settleEpoch } from "./epoch";
import { storeIdentity } from "./identity";
import { type Progress, readProgress, saveProgress, validProgress } from "./progress";
import { type Reconciled, reconcile } from "./reconcile";
import type { CopyRecord, RunOutcome, RunReport } from "./report";
import { RetriesExhaustedError, RetryBudget, withRetries } from "./retry";
import { StateMalformedError } from "./state-object";
import { Suspects } from "./suspects";
import { MOST_NAMED_EXCEPTIONS, Tally } from "./tally";

export interface RunOptions {
  readonly clients: Readonly<Record<StoreName, ObjectClient>>;
  readonly marker: MarkerReader;
  /** How long one reading of the marker may be acted on. */
  readonly holdMilliseconds: number;
  /** Time that the run may take; no key is begun later. */
  readonly budgetMilliseconds: number;
  /** Who runs, for the epoch journal. */
  readonly by: string;
  /** How much younger than the watermark an object may look, by the source's clock, and still be unchanged since. */
  readonly watermarkMarginMilliseconds: number;
  readonly clock: Clock;
  readonly random: () => number;
  readonly limits?: AdmissionLimits;
  /** @default - copies are counted only */
  readonly onCopied?: (record: CopyRecord) => void;
}

/** A sync point this much before the listing allows for the whole seconds of the `Date` header. */
const DATE_RESOLUTION_MILLISECONDS = 1000;

/**
 * One run: asks the marker for the direction, continues or begins a pass, and saves what it came to.
 * Never rejects for what a store, the marker or saved state did: the report says why it stopped.
 */
export async function run(options: RunOptions): Promise<RunReport> {
  const startedAt = options.clock.wall();
  const tally = new Tally();
  const known: Partial<RunReport> = {};
  const report = (outcome: RunOutcome, more: Partial<RunReport> = {}): RunReport => ({
    outcome,
    ...known,
    ...more,
    startedAt: startedAt.toISOString(),
    endedAt: options.clock.wall().toISOString(),
    ...tally.figures(),
  });
  try {
    const pass = await beginPass(options);
    Object.assign(known, { ...pass.direction, epoch: pass.epoch.epoch, syncPoint: pass.progress.syncPoint });
    const reconciled = await pass.reconcile(tally);
    const { outcome, progress } = concluded(pass.progress, reconciled, tally, pass.suspects);
    await pass.save(progress);
    return report(outcome, { syncPoint: progress.syncPoint, checkpoint: progress.checkpoint?.after });
  } catch (error) {
    if (!isReasonToStop(error)) throw error;
    return report("stopped", { reason: error.message });
  }
}

/** What there is to do, once it is known which way and where the last run ended. */
async function beginPass(options: RunOptions) {
  const { clients, clock } = options;
  const deadline = clock.monotonic() + options.budgetMilliseconds;
  const guard = await DirectionGuard.begin(options.marker, clock, options.holdMilliseconds);
  const confirm = () => guard.confirm();
  const direction = { source: guard.active, destination: otherStore(guard.active) };
  const [source, destination] = [clients[direction.source], clients[direction.destination]];

  const { stores, epoch } = await beginHistory(options, guard);
  const retries = { budget: new RetryBudget(), clock, random: options.random };
  guard.watch(() => withRetries(() => refuseLaterEpoch(clients, epoch), retries));

  const ids = { source: stores[direction.source], destination: stores[direction.destination] };
  const saved = await readProgress(destination);
  const progress = validProgress(saved?.value, { epoch: epoch.epoch, ...ids });
  const { watermark, checkpoint } = progress;
  const suspects = new Suspects(progress.suspects);
  const margin = options.watermarkMarginMilliseconds;

  return {
    direction,
    epoch,
    progress,
    suspects,
    reconcile: (tally: Tally) =>
      reconcile({
        source,
        destination,
        ids,
        destinationWasActive: epoch.epoch > 1,
        confirm,
        probe: new DestinationProbe(destination, confirm),
        after: checkpoint?.after,
        changedSince: watermark === undefined ? undefined : new Date(Date.parse(watermark) - margin),
        suspects,
        deadline,
        clock,
        random: options.random,
        limits: options.limits,
        onSettled: (pair, settled, began) => {
          const { key } = pair;
          tally.count(key, settled);
          suspects.settled(pair, settled);
          if (settled.outcome !== "copied") return;
          const { etag, versionId } = settled.copied;
          const times = { startedAt: began.toISOString(), endedAt: clock.wall().toISOString() };
          options.onCopied?.({ event: "copied", key, ...direction, etag, versionId, ...times });
        },
      }),
    save: async (next: Progress) => {
      if (sameProgress(next, progress)) return;
      await confirm();
      await saveProgress(destination, next, saved);
    },
  };
}

/** Which stores these are, and the epoch that is now. */
async function beginHistory({ clients, clock, by }: RunOptions, guard: DirectionGuard) {
  const question = { active: guard.active, now: clock.wall(), by };
  const confirm = () => guard.confirm();
  try {
    const [primary, secondary] = await Promise.all([
      storeIdentity(clients.primary),
      storeIdentity(clients.secondary),
    ]);
    const stores = { primary, secondary };
    return { stores, epoch: await settleEpoch(clients, { ...question, stores }, confirm) };
  } catch (error) {
    if (error instanceof StoreError) await noteFlip(clients, question, confirm);
    throw error;
  }
}

/** What the pass has come to, with what earlier runs did of it. */
export function concluded(
  before: Progress,
  reconciled: Reconciled,
  tally: Tally,
  suspects: Suspects,
): { readonly outcome: RunOutcome; readonly progress: Progress } {
  const { checkpoint, ...earlier } = before;
  const reachedEnd = reconciled.stoppedAfter === undefined;
  const remembered = suspects.remembered(reachedEnd && checkpoint === undefined);
  const rest = { ...earlier, suspects: remembered.keys };
  const passBegan = checkpoint?.passBegan ?? reconciled.began.toISOString();
  const failed = (checkpoint?.failed ?? 0) + tally.failed;
  const exceptions = (checkpoint?.exceptions ?? 0) + tally.exceptions;
  if (reconciled.stoppedAfter !== undefined) {
    const stopped = { after: reconciled.stoppedAfter, passBegan, failed, exceptions };
    return { outcome: "incomplete", progress: { ...rest, checkpoint: stopped } };
  }
  const clean = failed === 0;
  // Exceptions are part of what the sync point says; it may not move past more than can be named.
  const syncPoint = exceptions <= MOST_NAMED_EXCEPTIONS ? beforeResolution(passBegan) : rest.syncPoint;
  const watermark = clean && remembered.complete ? passBegan : rest.watermark;
  return { outcome: clean ? "clean" : "failed", progress: { ...rest, syncPoint, watermark } };
}

function beforeResolution(date: string): string {
  return new Date(Date.parse(date) - DATE_RESOLUTION_MILLISECONDS).toISOString();
}

function sameProgress(left: Progress, right: Progress): boolean {
  return JSON.stringify(left) === JSON.stringify(right);
}

function isReasonToStop(error: unknown): error is Error {
  return [
    DirectionLostError,
    RetriesExhaustedError,
    StoreError,
    StoreReplacedError,
    StateMalformedError,
  ].some((reason) => error instanceof reason);
}
