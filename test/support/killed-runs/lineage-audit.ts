import { isReservedKey } from "../../../contract/state-keys";
import { otherStore, STORE_NAMES, type StoreName } from "../../../contract/stores";
import type { SurveyedObject } from "../../../drill/evidence/events";
import { type Origin, originOf } from "../../../lambda/replicator/stamp";
import type { ObjectClient } from "../../../lambda/s3/object-client";
import type { Acknowledged } from "./clients";
import type { MadeByReplication } from "./replication-watch";

export interface AuditSettings {
  readonly clients: Readonly<Record<StoreName, ObjectClient>>;
  /** Everything that the stores hold, version by version. */
  readonly surveys: Readonly<Record<StoreName, readonly SurveyedObject[]>>;
  readonly acknowledged: readonly Acknowledged[];
  readonly made: MadeByReplication;
}

/** One version, and where it comes from. */
interface Traced {
  readonly key: string;
  readonly versionId: string;
  readonly etag?: string;
  readonly isDeleteMarker: boolean;
  /** Absent: replication made it. */
  readonly acknowledged?: Acknowledged;
  /** What its valid stamp names, which a client that copies objects may have kept. */
  readonly origin?: Origin;
}

/** Oldest first. */
type Stack = readonly Traced[];

/**
 * Goes through both stores version by version, and tells where replication replaced, deleted or brought back what it
 * should not have, or a client's version is missing. It knows what clients did and which requests replication made;
 * of the rest it believes the stamps.
 */
export async function auditLineage(settings: AuditSettings): Promise<readonly string[]> {
  const [primary, secondary] = await Promise.all([
    traced("primary", settings),
    traced("secondary", settings),
  ]);
  const stacks = { primary, secondary };
  const violations = missing(settings, stacks);
  for (const store of STORE_NAMES) {
    for (const [key, stack] of stacks[store]) {
      const elsewhere = stacks[otherStore(store)].get(key) ?? [];
      stack.forEach((version, index) => {
        if (version.acknowledged) return;
        const what = new Replacement(stack, index, elsewhere).violation();
        if (what) violations.push(`${what}: ${version.versionId} of ${key} on ${store}`);
      });
    }
  }
  return violations;
}

/** I4: what a store acknowledged is still there. */
function missing(
  { acknowledged }: AuditSettings,
  stacks: Readonly<Record<StoreName, ReadonlyMap<string, Stack>>>,
): string[] {
  return acknowledged
    .filter(
      ({ store, key, versionId }) =>
        stacks[store].get(key)?.some((version) => version.versionId === versionId) !== true,
    )
    .map(
      ({ store, key, versionId }) => `I4: a client's version was lost: ${versionId} of ${key} on ${store}`,
    );
}

async function traced(
  store: StoreName,
  { clients, surveys, acknowledged, made }: AuditSettings,
): Promise<ReadonlyMap<string, Stack>> {
  const known = new Map(acknowledged.filter((one) => one.store === store).map((one) => [one.versionId, one]));
  const stacks = new Map<string, Stack>();
  for (const { key, versions } of surveys[store]) {
    if (isReservedKey(key)) continue;
    const stack = await Promise.all(
      versions.map(async ({ versionId, etag, isDeleteMarker }): Promise<Traced> => {
        const byClient = known.get(versionId);
        if (!byClient && !made.objects.has(versionId) && !made.markers.has(versionId)) {
          throw new Error(`nobody made ${versionId} of ${key} on ${store}`);
        }
        const head = isDeleteMarker ? undefined : await clients[store].head(key, { versionId });
        const origin = head && originOf(key, head);
        return { key, versionId, etag, isDeleteMarker, acknowledged: byClient, origin };
      }),
    );
    stacks.set(key, stack.toReversed());
  }
  return stacks;
}

/** A version that replication put over another one, judged by the stack of the other store. */
class Replacement {
  private readonly version: Traced | undefined;
  private readonly replaced: Traced | undefined;

  constructor(
    stack: Stack,
    index: number,
    private readonly elsewhere: Stack,
  ) {
    this.version = stack[index];
    this.replaced = stack[index - 1];
  }

  public violation(): string | undefined {
    if (this.version === undefined) return undefined;
    return this.version.isDeleteMarker ? this.ofMarker() : this.ofReplica(this.version);
  }

  /** I6: only what a client deleted on the other store is deleted. */
  private ofMarker(): string | undefined {
    const { replaced } = this;
    if (replaced === undefined || replaced.isDeleteMarker) return "I6: a delete marker upon nothing";
    const counterparts = this.counterpartsOf(replaced);
    const isProven = this.elsewhere.some(
      ({ isDeleteMarker, acknowledged }, position) =>
        isDeleteMarker && acknowledged && counterparts.some((other) => other < position),
    );
    return isProven ? undefined : "I6: deleted here, and no client deleted it on the other store";
  }

  private ofReplica({ origin, etag }: Traced): string | undefined {
    const position = this.positionOf(origin);
    const original = this.elsewhere[position];
    if (original?.acknowledged === undefined) return "I5: a replica of nothing that a client wrote";
    if (original.etag !== etag) return "I10: a replica with another ETag than its original";
    const { replaced } = this;
    if (replaced === undefined) return undefined;
    if (!replaced.isDeleteMarker) {
      const descends = this.counterpartsOf(replaced).some((other) => other < position);
      return descends ? undefined : "I5: replaced what its original does not descend from";
    }
    const isLater = replaced.acknowledged
      ? original.acknowledged.ordinal > replaced.acknowledged.ordinal
      : this.elsewhere.slice(0, position).some((version) => version.isDeleteMarker);
    return isLater ? undefined : "I6: brought back what had been deleted";
  }

  /** Where the other store has the same write: its original, or a replica of it. */
  private counterpartsOf(version: Traced): readonly number[] {
    const named = this.positionOf(version.origin);
    const replicas = this.elsewhere.flatMap(({ origin }, position) =>
      origin?.versionId === version.versionId ? [position] : [],
    );
    return named === -1 ? replicas : [named, ...replicas];
  }

  private positionOf(origin: Origin | undefined): number {
    return this.elsewhere.findIndex(({ versionId }) => versionId === origin?.versionId);
  }
}
