import { isReservedKey } from "../../../contract/state-keys";
import { otherStore, STORE_NAMES, type StoreName } from "../../../contract/stores";
import type { SurveyedObject, WriteDone } from "../events";
import { groupByKey, isPut, objectsByKey } from "../missing-writes";
import type { RunHistory } from "../run-history";

export type Version = SurveyedObject["versions"][number];

/** One version that was put on top of another, as the final survey shows it. */
export interface Replacement {
  readonly store: StoreName;
  readonly key: string;
  readonly newer: Version;
  readonly older: Version;
  /** What was under `older`, newest first. */
  readonly below: readonly Version[];
  /** The key's final version stack on the other store, newest first. */
  readonly otherStack: readonly Version[];
}

/** Where each version of the final surveys came from. */
export class VersionStacks {
  private readonly surveys: ReadonlyMap<StoreName, ReadonlyMap<string, SurveyedObject>>;
  private readonly writes: ReadonlyMap<StoreName, ReadonlyMap<string, readonly WriteDone[]>>;
  private readonly copies: ReadonlySet<string>;

  private constructor(
    history: RunHistory,
    surveys: ReadonlyMap<StoreName, ReadonlyMap<string, SurveyedObject>>,
  ) {
    this.surveys = surveys;
    this.writes = new Map(STORE_NAMES.map((store) => [store, groupByKey(history.writesTo(store))]));
    this.copies = new Set(
      history.of("copy").map(({ record }) => versionName(record.destination, record.key, record.versionId)),
    );
  }

  /** Undefined unless both stores were surveyed at the end. */
  public static of(history: RunHistory): VersionStacks | undefined {
    const surveys = new Map(
      STORE_NAMES.flatMap((store) => {
        const survey = history.survey("end", store);
        return survey === undefined ? [] : [[store, objectsByKey(survey)] as const];
      }),
    );
    return surveys.size === STORE_NAMES.length ? new VersionStacks(history, surveys) : undefined;
  }

  /** Newest first. */
  public stack(store: StoreName, key: string): readonly Version[] {
    return this.surveys.get(store)?.get(key)?.versions ?? [];
  }

  /** Without replication's own state and the health objects, which each store has for itself. */
  public keys(store: StoreName): readonly string[] {
    return [...(this.surveys.get(store)?.keys() ?? [])].filter((key) => !isReservedKey(key));
  }

  public currentEtag(store: StoreName, key: string): string | undefined {
    return this.surveys.get(store)?.get(key)?.etag;
  }

  /** In the order in which they ended; those without an answer too. */
  public writesOf(store: StoreName, key: string): readonly WriteDone[] {
    return this.writes.get(store)?.get(key) ?? [];
  }

  /** Made by replication. A version that nobody logged is judged as a copy whose line was lost. */
  public isReplica(store: StoreName, key: string, version: Version): boolean {
    return (
      this.copies.has(versionName(store, key, version.versionId)) || !this.isWritten(store, key, version)
    );
  }

  /** Made by the writer, or possibly so: a write without an answer has no version to compare. */
  private isWritten(store: StoreName, key: string, version: Version): boolean {
    return this.writesOf(store, key)
      .filter(isPut)
      .some(({ versionId, etag, outcome }) =>
        outcome === "acknowledged" && versionId !== undefined
          ? versionId === version.versionId
          : etag === undefined || etag === version.etag,
      );
  }

  /** What replication put on top of something else. */
  public *replacements(): Generator<Replacement> {
    for (const store of STORE_NAMES) {
      for (const key of this.keys(store)) {
        const stack = this.stack(store, key);
        for (const [index, newer] of stack.entries()) {
          const older = stack[index + 1];
          if (older === undefined || newer.isDeleteMarker) continue;
          if (!this.isReplica(store, key, newer)) continue;
          yield {
            store,
            key,
            newer,
            older,
            below: stack.slice(index + 2),
            otherStack: this.stack(otherStore(store), key),
          };
        }
      }
    }
  }
}

function versionName(store: StoreName, key: string, versionId: string): string {
  return `${store} ${versionId} ${key}`;
}
