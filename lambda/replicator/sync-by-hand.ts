import { createHash } from "node:crypto";
import { DEFAULT_WATERMARK_MARGIN_SECONDS } from "../../contract/environment";
import { SYNC_KEY } from "../../contract/state-keys";
import type { ObjectClient } from "../s3/object-client";
import { StoreError } from "../s3/store-error";
import type { AdmissionLimits } from "./admission";
import type { Clock } from "./clock";
import type { DeletePolicy } from "./delete-policy";
import { type Epoch, readEpoch } from "./epoch";
import { knownIdentity, type StoreIdentity, storeIdentity } from "./identity";
import { commonStores, retryingWith, told, versioningOf } from "./replication";
import type { RunReport } from "./report";
import { reported } from "./run";
import type { Settled, Stores } from "./settle-key";
import { sweep } from "./sweep";

export interface HandSyncOptions {
  readonly source: ObjectClient;
  readonly destination: ObjectClient;
  /** Names the source where its identity can be neither read nor written, such as its URL. @default - the bucket's name */
  readonly sourceAddress?: string;
  /** Only keys that begin so. */
  readonly prefix?: string;
  /** @default DEFAULT_DELETE_POLICY */
  readonly deletes?: DeletePolicy;
  /** Decide, and change nothing. @default false */
  readonly dryRun?: boolean;
  readonly limits?: AdmissionLimits;
  /** Aborted: no further key is begun, and the next sync goes on there. */
  readonly signal?: AbortSignal;
  /** Resolves when a mutation may start now. @default - whoever calls names the direction, at any time */
  readonly confirm?: () => Promise<void>;
  /** `size` in bytes, as the source lists it. */
  readonly onSettled?: (key: string, settled: Settled, size: number) => void;
  /** Told of each failure that another attempt follows. */
  readonly onRetry?: (error: StoreError) => void;
  readonly clock: Clock;
  readonly random: () => number;
}

/** Replicates in the direction that is named, whatever the marker says. Resumable: progress is kept on the destination. */
export async function syncByHand(given: HandSyncOptions): Promise<RunReport> {
  const { signal, dryRun = false } = given;
  return reported(given, async (tally, known) => {
    const options = tally.countingRetries(given);
    const { stores, epoch } = await retryingWith(options)(() => handStores(options));
    Object.assign(known, { ...(dryRun && { dryRun }) });
    return sweep(
      {
        ...options,
        stores,
        epoch,
        progressKey: SYNC_KEY,
        watermarkMarginMilliseconds: DEFAULT_WATERMARK_MARGIN_SECONDS * 1000,
        mayStart: () => signal?.aborted !== true,
        onSettled: (pair, settled) => options.onSettled?.(pair.key, settled, pair.source?.size ?? 0),
      },
      tally,
    );
  });
}

/** The two stores as everything that is done by hand sees them, and the epoch that their journals tell. */
export async function handStores(
  options: Omit<HandSyncOptions, "random">,
): Promise<{ readonly stores: Stores; readonly epoch: number }> {
  const { source, destination, clock, dryRun = false } = options;
  const confirm = options.confirm ?? (() => Promise.resolve());
  const identities = await identitiesOf(options);
  const journals = await Promise.all([readEpoch(source), readEpoch(destination)]);
  const stores: Stores = {
    ...commonStores({ source, destination, confirm, now: () => clock.wall(), dryRun }),
    ...told(identities),
    destinationWasActive: journals.some((journal) => wasActive(journal, identities.destination.id)),
    versioned: await versioningOf(source, destination),
  };
  return { stores, epoch: Math.max(0, ...journals.map((journal) => journal?.epoch ?? 0)) };
}

async function identitiesOf({
  source,
  destination,
  sourceAddress,
  dryRun,
}: Omit<HandSyncOptions, "random">): Promise<Record<"source" | "destination", StoreIdentity>> {
  const address = sourceAddress ?? source.bucket;
  if (dryRun) {
    const [from, to] = await Promise.all([knownIdentity(source), knownIdentity(destination)]);
    return { source: from ?? derived(address), destination: to ?? { id: "none-yet", countsTags: false } };
  }
  const from = await identityOrDerived(source, address);
  return { source: from, destination: await storeIdentity(destination) };
}

/** A source that may only be read keeps no identity: its address serves, as long as it is the same. */
async function identityOrDerived(source: ObjectClient, address: string): Promise<StoreIdentity> {
  try {
    return await storeIdentity(source);
  } catch (error) {
    if (error instanceof StoreError && error.kind === "access-denied") return derived(address);
    throw error;
  }
}

function derived(address: string): StoreIdentity {
  const digest = createHash("sha256").update(address).digest("base64url").slice(0, 32);
  return { id: `address-${digest}`, countsTags: false };
}

/** Without a journal the destination has always been a destination. */
function wasActive(journal: Epoch | undefined, id: string): boolean {
  return journal !== undefined && (journal.epoch > 1 || journal.stores[journal.active] === id);
}
