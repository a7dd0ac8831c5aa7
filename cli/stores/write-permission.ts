import type { StoreName } from "../../contract/stores";
import { DnsOverHttpsMarker } from "../../lambda/marker/dns-over-https";
import type { Clock } from "../../lambda/replicator/clock";
import type { ReplicatorConfig } from "../../lambda/replicator/config";
import { DirectionGuard, DirectionLostError } from "../../lambda/replicator/direction-guard";
import { readEpoch } from "../../lambda/replicator/epoch";
import { knownIdentity } from "../../lambda/replicator/identity";
import { RefusedError } from "../refused-error";
import type { OpenedStore } from "./open-stores";

export interface PermissionRequest {
  /** The store that will be written into. */
  readonly into: OpenedStore;
  /** What is about to be done, as in `sync`. */
  readonly doing: string;
  /** The configuration, where there is one. */
  readonly config?: ReplicatorConfig;
  /** Given: `--into-active`. */
  readonly intoActive: boolean;
  readonly clock: Clock;
}

/** Asked before every write: rejects when it may no longer start. */
export type Confirm = () => Promise<void>;

const REMEDY = "to write into it all the same: --into-active";

/**
 * Whether a store may be written into by hand. Writing into the active store can only be meant on purpose, so it
 * needs `--into-active`; and where it cannot be told which one is active, so does writing at all.
 *
 * @returns what confirms each write: while a standby of the configuration is written, the marker may change
 * @throws RefusedError
 */
export async function permissionToWrite(request: PermissionRequest): Promise<Confirm> {
  const { into, config, intoActive, doing } = request;
  if (intoActive) return () => Promise.resolve();
  const what = `${doing} into ${into.label}`;
  if (config === undefined || into.name === undefined) {
    const active = await activeByItsJournal(into);
    if (active === undefined) return () => Promise.resolve();
    throw new RefusedError(what, [
      { reason: `its own journal says that it is the active store, ${active}`, remedy: REMEDY },
    ]);
  }
  const guard = await markerGuard(config, request.clock, what);
  if (guard.active !== into.name) return () => guard.confirm();
  throw new RefusedError(what, [
    { reason: `the marker ${config.markerName} says that ${into.name} is active`, remedy: REMEDY },
  ]);
}

async function markerGuard(config: ReplicatorConfig, clock: Clock, what: string): Promise<DirectionGuard> {
  const marker = new DnsOverHttpsMarker({ recordName: config.markerName, resolvers: config.resolvers });
  try {
    return await DirectionGuard.begin(marker, clock, config.holdSeconds * 1000);
  } catch (error) {
    if (!(error instanceof DirectionLostError)) throw error;
    throw new RefusedError(what, [
      { reason: `it cannot be told which store is active: ${error.message}`, remedy: REMEDY },
    ]);
  }
}

/**
 * A store that is given by its address may belong to a pair that is not configured on this machine: then its
 * journal tells. The marker may have moved since, so this only ever forbids.
 */
export async function activeByItsJournal({ client }: OpenedStore): Promise<StoreName | undefined> {
  const journal = await readEpoch(client);
  if (journal === undefined) return undefined;
  const identity = await knownIdentity(client);
  return journal.stores[journal.active] === identity?.id ? journal.active : undefined;
}
