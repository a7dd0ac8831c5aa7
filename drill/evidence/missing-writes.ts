import { otherStore, type StoreName } from "../../contract/stores";
import type { StoreSurveyed, SurveyedObject, WriteDone } from "./events";
import type { RunHistory } from "./run-history";

export interface MissingQuestion {
  /** The store that acknowledged the writes. */
  readonly source: StoreName;
  /** What the other store held. */
  readonly survey: StoreSurveyed;
  /** Only writes acknowledged by then. */
  readonly acknowledgedBy: number;
}

/**
 * The acknowledged writes that the surveyed store does not have, by the order of their acknowledgement. A write
 * that was overwritten or deleted later on the source is not missing when a later value, or nothing, is there.
 */
export function missingWrites(history: RunHistory, question: MissingQuestion): readonly WriteDone[] {
  const objects = objectsByKey(question.survey);
  const destination = otherStore(question.source);
  const rewritten = groupByKey(history.writesTo(destination).filter(isPut));
  return [...groupByKey(history.writesTo(question.source))]
    .flatMap(([key, writes]) =>
      writes.filter((write, index) => {
        if (write.outcome !== "acknowledged" || write.end > question.acknowledgedBy) return false;
        const later = writes.slice(index + 1).filter(({ at }) => at <= question.survey.at);
        if (write.operation === "put") {
          return (
            !later.some(isDelete) && ![write, ...later].some((put) => holds(history, objects.get(key), put))
          );
        }
        const writtenAgain = [...later, ...(rewritten.get(key) ?? [])].some(
          (put) => isPut(put) && put.end > write.at,
        );
        return !writtenAgain && objects.get(key)?.etag !== undefined;
      }),
    )
    .sort((left, right) => left.end - right.end);
}

/**
 * Whether the version stack has this write's value. A multipart original (its ETag is not an MD5) has a replica
 * with another ETag: there a copy that began after the write stands for it.
 */
function holds(history: RunHistory, object: SurveyedObject | undefined, write: WriteDone): boolean {
  if (object === undefined || !isPut(write)) return false;
  if (object.versions.some(({ etag }) => etag !== undefined && etag === write.etag)) return true;
  if (write.etag?.includes("-") !== true) return false;
  const present = new Set(object.versions.map(({ versionId }) => versionId));
  return history
    .of("copy")
    .some(
      ({ record }) =>
        record.key === write.key &&
        record.source === write.store &&
        present.has(record.versionId) &&
        history.moment(record.endedAt) >= write.end,
    );
}

export function isPut(write: WriteDone): boolean {
  return write.operation === "put";
}

export function isDelete(write: WriteDone): boolean {
  return write.operation === "delete";
}

export function objectsByKey(survey: StoreSurveyed): ReadonlyMap<string, SurveyedObject> {
  return new Map(survey.objects.map((object) => [object.key, object]));
}

export function groupByKey(writes: readonly WriteDone[]): ReadonlyMap<string, readonly WriteDone[]> {
  const groups = new Map<string, WriteDone[]>();
  for (const write of writes) {
    const group = groups.get(write.key);
    if (group === undefined) groups.set(write.key, [write]);
    else group.push(write);
  }
  return groups;
}
