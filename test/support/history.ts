import { createHash } from "node:crypto";
import { otherStore, type StoreName } from "../../contract/stores";
import type { DrillEvent, RunStarted, StoreSurveyed } from "../../drill/evidence/events";
import {
  EXCEPTION_KINDS,
  type ExceptionKind,
  type KeyException,
  type RunOutcome,
} from "../../lambda/replicator/report";

/** As the plan of the examples predicts: probes every 60 s, two attempts of 5 s. */
export const PREDICTED: RunStarted["predicted"] = {
  recovery: {
    refusing: { best: 0, mean: 32.5, worst: 65 },
    hanging: { best: 10, mean: 42.5, worst: 75 },
    unreachable: { best: 0, mean: 0, worst: 0 },
  },
  detection: {
    refusing: { best: 0, mean: 30, worst: 60 },
    hanging: { best: 10, mean: 40, worst: 70 },
    unreachable: { best: 0, mean: 30, worst: 60 },
  },
  return: { best: 0, mean: 32.5, worst: 65 },
  dataAtRisk: { best: 0, mean: 150, worst: 300 },
};

const RUN_BEGAN = Date.parse("2026-03-01T12:00:00.000Z");

interface SimulatedVersion {
  readonly versionId: string;
  readonly etag?: string;
  readonly isDeleteMarker: boolean;
  /** Names the version of the other store that this one is a replica of. */
  readonly replicaOf?: string;
}

/**
 * Writes the event log of a drill that never ran: two simulated versioned stores, a writer and a replicator that
 * obeys lineage, at whatever times a test gives. Milliseconds of the machine throughout.
 */
export class SimulatedHistory {
  public readonly events: DrillEvent[] = [];
  private readonly stores = {
    primary: new Map<string, readonly SimulatedVersion[]>(),
    secondary: new Map<string, readonly SimulatedVersion[]>(),
  };
  private versions = 0;
  private epoch = 1;

  constructor(start: Partial<RunStarted> = {}) {
    this.add({
      type: "run-started",
      at: 0,
      wallClock: new Date(RUN_BEGAN).toISOString(),
      speed: 30,
      seed: 1,
      stores: {
        primary: { product: "embedded", version: "0.1.0" },
        secondary: { product: "embedded", version: "0.1.0" },
      },
      predicted: PREDICTED,
      fence: { seconds: 110, waitedMilliseconds: 3667 },
      replicationIntervalSeconds: 300,
      readerPeriodMilliseconds: 50,
      ...start,
    });
  }

  public add(...events: readonly DrillEvent[]): this {
    this.events.push(...events);
    return this;
  }

  /** An acknowledged write of a value of its own, or of the value given. */
  public put(at: number, store: StoreName, key: string, value: string = `${key} at ${at}`): string {
    const etag = createHash("md5").update(value).digest("hex");
    const versionId = this.push(store, key, { etag, isDeleteMarker: false });
    this.add({
      type: "write",
      at,
      end: at + 8,
      operation: "put",
      key,
      store,
      etag,
      versionId,
      bytes: value.length,
      outcome: "acknowledged",
    });
    return etag;
  }

  public delete(at: number, store: StoreName, key: string): void {
    const versionId = this.push(store, key, { isDeleteMarker: true });
    this.add({
      type: "write",
      at,
      end: at + 6,
      operation: "delete",
      key,
      store,
      versionId,
      outcome: "acknowledged",
    });
  }

  public flip(at: number, active: StoreName): void {
    this.epoch += 1;
    this.add({
      type: "plan-applied",
      at,
      active,
      marker: { active, writesPaused: false },
      changedPaths: [
        "edge: output.active_store.value",
        "edge: resource.cloudflare_dns_record.edge_marker.content",
        "edge: resource.cloudflare_load_balancer.edge_balancer.default_pools",
        "edge: resource.cloudflare_load_balancer.edge_balancer.fallback_pool",
      ],
    });
  }

  /** One clean run that copies what lineage allows and names the rest. */
  public replicate(at: number, source: StoreName, durationMilliseconds = 400): void {
    const destination = otherStore(source);
    const exceptions: KeyException[] = [];
    let copied = 0;
    for (const [key, stack] of this.stores[source]) {
      const decision = decide(stack, this.stores[destination].get(key) ?? []);
      if (decision === "copy") {
        const ended = at + Math.min(durationMilliseconds, 20 + copied);
        this.copy(ended, source, key);
        copied += 1;
      } else if (decision !== "equal")
        exceptions.push({ key, kind: decision, reason: `simulated ${decision}` });
    }
    for (const [key, stack] of this.stores[destination]) {
      const isThere = stack[0]?.isDeleteMarker === false;
      if (isThere && this.stores[source].get(key)?.[0]?.isDeleteMarker !== false) {
        exceptions.push({ key, kind: "stray", reason: "simulated stray" });
      }
    }
    this.ranReplicator(at, at + durationMilliseconds, source, { copied, exceptions });
  }

  /** Copies a key's current object, whatever lineage says. */
  public copy(ended: number, source: StoreName, key: string): void {
    const original = this.stores[source].get(key)?.[0];
    if (original?.etag === undefined) throw new Error(`${source} has no ${key}`);
    const destination = otherStore(source);
    const { etag } = original;
    const versionId = this.push(destination, key, {
      etag,
      isDeleteMarker: false,
      replicaOf: original.versionId,
    });
    const record = { event: "copied", key, source, destination, etag, versionId } as const;
    this.add({
      type: "copy",
      at: ended + 2,
      record: { ...record, startedAt: iso(ended - 10), endedAt: iso(ended) },
    });
  }

  public ranReplicator(
    at: number,
    end: number,
    source: StoreName,
    result: {
      readonly outcome?: RunOutcome;
      readonly copied?: number;
      readonly exceptions?: readonly KeyException[];
      readonly syncPoint?: string;
    } = {},
  ): void {
    const exceptions = result.exceptions ?? [];
    this.add({
      type: "replication",
      at,
      end,
      report: {
        outcome: result.outcome ?? "clean",
        source,
        destination: otherStore(source),
        epoch: this.epoch,
        startedAt: iso(at),
        endedAt: iso(end),
        listed: this.stores[source].size,
        copied: result.copied ?? 0,
        copiedBytes: (result.copied ?? 0) * 10_240,
        removed: 0,
        unchanged: Math.max(0, this.stores[source].size - (result.copied ?? 0)),
        retries: 0,
        exceptionCounts: countKinds(exceptions),
        exceptions,
        // Whole seconds less one, as the replicator takes it from the store's Date.
        syncPoint: result.syncPoint ?? iso(Math.floor(at / 1000) * 1000 - 1000),
      },
    });
  }

  public survey(at: number, store: StoreName, moment: StoreSurveyed["moment"]): void {
    const objects = [...this.stores[store]].map(([key, stack]) => ({
      key,
      etag: stack[0]?.etag,
      versions: stack.map(({ versionId, etag, isDeleteMarker }) => ({ versionId, etag, isDeleteMarker })),
    }));
    this.add({ type: "survey", at, store, moment, objects });
  }

  /** What a reader who is at most one value late gets: the latest that was put by then, or the only one. */
  public etagAt(key: string, at: number): string | undefined {
    const puts = this.events.filter(
      (event) => event.type === "write" && event.key === key && event.operation === "put",
    );
    const last = puts.findLast((event) => event.at <= at) ?? puts[0];
    return last?.type === "write" ? last.etag : undefined;
  }

  /** The value that the store holds now; undefined when there is none. */
  public current(store: StoreName, key: string): string | undefined {
    return this.stores[store].get(key)?.[0]?.etag;
  }

  public keys(store: StoreName): readonly string[] {
    return [...this.stores[store].keys()];
  }

  private push(store: StoreName, key: string, version: Omit<SimulatedVersion, "versionId">): string {
    this.versions += 1;
    const versionId = `${store}-${this.versions}`;
    this.stores[store].set(key, [{ versionId, ...version }, ...(this.stores[store].get(key) ?? [])]);
    return versionId;
  }
}

export function iso(at: number): string {
  return new Date(RUN_BEGAN + at).toISOString();
}

function countKinds(exceptions: readonly KeyException[]): Readonly<Record<ExceptionKind, number>> {
  const counts = { conflict: 0, late: 0, deleted: 0, stray: 0, withheld: 0, unsupported: 0, failed: 0 };
  for (const kind of EXCEPTION_KINDS) counts[kind] = exceptions.filter((one) => one.kind === kind).length;
  return counts;
}

function decide(
  source: readonly SimulatedVersion[],
  destination: readonly SimulatedVersion[],
): "copy" | "equal" | ExceptionKind {
  const [from] = source;
  const [to] = destination;
  if (from === undefined || from.isDeleteMarker || from.etag === to?.etag) return "equal";
  const wasReplicatedThere = destination.some(({ replicaOf }) => replicaOf === from.versionId);
  const cameFromThere = destination.some(({ versionId }) => versionId === from.replicaOf);
  if (to === undefined || to.isDeleteMarker) return wasReplicatedThere || cameFromThere ? "deleted" : "copy";
  if (source.some(({ versionId }) => versionId === to.replicaOf)) return "copy";
  if (source.some(({ replicaOf }) => replicaOf === to.versionId)) return "copy";
  return cameFromThere || wasReplicatedThere ? "late" : "conflict";
}
