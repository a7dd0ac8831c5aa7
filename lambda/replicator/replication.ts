import { otherStore, type StoreName } from "../../contract/stores";
import type { ObjectClient } from "../s3/object-client";
import { StoreError } from "../s3/store-error";
import { DestinationProbe } from "./destination-probe";
import { DirectionGuard, DirectionLostError } from "./direction-guard";
import { type Epoch, noteFlip, refuseLaterEpoch, StoreReplacedError, settleEpoch } from "./epoch";
import { type StoreIdentity, storeIdentity } from "./identity";
import { LeaseLostError } from "./lease";
import { PartDigests } from "./part-digests";
import type { CopyRecord } from "./report";
import { RetriesExhaustedError, RetryBudget, type Retrying, withRetries } from "./retry";
import type { RunOptions } from "./run-options";
import type { Settled, Stores } from "./settle-key";
import { SourceEtags } from "./source-etags";
import { StateMalformedError } from "./state-object";
import { UploadJournal } from "./upload-journal";

/** Which way to replicate, and everything that is known before the first key is looked at. */
export interface Replication {
  readonly direction: { readonly source: StoreName; readonly destination: StoreName };
  readonly epoch: Epoch;
  readonly stores: Stores;
  readonly unversioned: readonly StoreName[];
  /**
   * False when something should not be begun: time is up, or will be.
   *
   * @param reserveMilliseconds - time that is needed at the end; negative: that it may take longer
   */
  readonly mayStart: (reserveMilliseconds?: number) => boolean;
}

/**
 * Asks the marker for the direction, and settles which stores and which epoch this is.
 *
 * @throws whatever `isReasonToStop` knows
 */
export async function beginReplication(options: RunOptions): Promise<Replication> {
  const { clients, clock } = options;
  const deadline = clock.monotonic() + options.budgetMilliseconds;
  const guard = await DirectionGuard.begin(options.marker, clock, options.holdMilliseconds);
  const confirm = () => guard.confirm();
  const direction = { source: guard.active, destination: otherStore(guard.active) };
  const [source, destination] = [clients[direction.source], clients[direction.destination]];

  const retrying = retryingWith(options);
  const { identities, epoch } = await beginHistory(options, guard, retrying);
  guard.watch(() => retrying(() => refuseLaterEpoch(clients, epoch)));
  const versioned = await retrying(() => versioningOf(source, destination));
  const stores: Stores = {
    ...commonStores({ source, destination, confirm, now: () => clock.wall(), dryRun: false }),
    ...told({ source: identities[direction.source], destination: identities[direction.destination] }),
    destinationWasActive: epoch.epoch > 1,
    versioned,
  };
  const unversioned = (["source", "destination"] as const)
    .filter((side) => !versioned[side])
    .map((side) => direction[side]);
  const mayStart = (reserve = 0) => clock.monotonic() + reserve < deadline;
  return { direction, epoch, stores, unversioned, mayStart };
}

/** The part that does not depend on how the direction is known. */
export function commonStores(of: {
  readonly source: ObjectClient;
  readonly destination: ObjectClient;
  readonly confirm: () => Promise<void>;
  /** The runner's clock. */
  readonly now: () => Date;
  readonly dryRun: boolean;
}) {
  const { source, destination, confirm, now, dryRun } = of;
  return {
    source,
    destination,
    confirm,
    dryRun,
    now,
    probe: new DestinationProbe(destination, confirm, now, !dryRun),
    journal: new UploadJournal(destination, confirm),
    etags: new SourceEtags(),
    partDigests: new PartDigests(),
  };
}

/** What the stores' identities tell. */
export function told({ source, destination }: Readonly<Record<"source" | "destination", StoreIdentity>>) {
  return {
    ids: { source: source.id, destination: destination.id },
    countsTags: { source: source.countsTags, destination: destination.countsTags },
  };
}

/** For requests before the first key is looked at, and after the last: a store that is gone should be told soon. */
export function retryingWith({
  clock,
  random,
  onRetry,
}: Pick<RunOptions, "clock" | "random" | "onRetry">): Retrying {
  const options = { budget: new RetryBudget(), clock, random, onRetry, attempts: 3 };
  return (task) => withRetries(task, options);
}

export async function versioningOf(source: ObjectClient, destination: ObjectClient) {
  const [ofSource, ofDestination] = await Promise.all([source.versioning(), destination.versioning()]);
  return { source: ofSource === "enabled", destination: ofDestination === "enabled" };
}

/** Tells of each copy, where somebody listens. */
export function tellCopied(
  { onCopied, clock }: Pick<RunOptions, "onCopied" | "clock">,
  direction: Replication["direction"],
  key: string,
  settled: Settled,
  startedAt: Date | undefined,
): void {
  if (onCopied === undefined || settled.outcome !== "copied" || settled.replica === undefined) return;
  const { etag, versionId } = settled.replica;
  const endedAt = clock.wall().toISOString();
  const record: CopyRecord = {
    event: "copied",
    key,
    ...direction,
    etag,
    versionId,
    startedAt: startedAt?.toISOString() ?? endedAt,
    endedAt,
  };
  onCopied(record);
}

/** What a store, the marker or saved state did: the run ends, and says so. Anything else is a defect. */
export function isReasonToStop(error: unknown): error is Error {
  return [
    DirectionLostError,
    LeaseLostError,
    RetriesExhaustedError,
    StoreError,
    StoreReplacedError,
    StateMalformedError,
  ].some((reason) => error instanceof reason);
}

/** Which stores these are, and the epoch that is now. */
function beginHistory({ clients, clock, by }: RunOptions, guard: DirectionGuard, retrying: Retrying) {
  const question = { active: guard.active, now: clock.wall(), by };
  const confirm = () => guard.confirm();
  return retrying(async () => {
    try {
      const [primary, secondary] = await Promise.all([
        storeIdentity(clients.primary),
        storeIdentity(clients.secondary),
      ]);
      const stores = { primary: primary.id, secondary: secondary.id };
      const epoch = await settleEpoch(clients, { ...question, stores }, confirm);
      return { identities: { primary, secondary }, epoch };
    } catch (error) {
      // At once: a store that does not answer may take all the time there is.
      if (error instanceof StoreError) await noteFlip(clients, question, confirm);
      throw error;
    }
  });
}
