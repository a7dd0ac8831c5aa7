import { STORE_NAMES } from "../../../contract/stores";
import { objectsByKey } from "../missing-writes";
import type { RunHistory } from "../run-history";
import { counted, type InvariantVerdict, notChecked, quoted, verdict } from "./invariant";

/** I4: every version that a store ever acknowledged, from a writer or from replication, is still in it. */
export function noVersionLost(history: RunHistory): InvariantVerdict {
  let looked = 0;
  const violations: string[] = [];
  for (const store of STORE_NAMES) {
    const survey = history.survey("end", store);
    if (survey === undefined) return notChecked("I4", `no survey of ${store} at the end`);
    const objects = objectsByKey(survey);
    const isThere = (key: string, version: { readonly versionId?: string; readonly etag?: string }) =>
      objects
        .get(key)
        ?.versions.some(({ versionId, etag, isDeleteMarker }) =>
          version.versionId === undefined
            ? etag === version.etag && isDeleteMarker === (version.etag === undefined)
            : versionId === version.versionId,
        ) === true;
    const writes = history
      .writesTo(store)
      .filter(({ outcome, end }) => outcome === "acknowledged" && end <= survey.at);
    const copies = history
      .of("copy")
      .flatMap(({ record }) =>
        record.destination === store && history.moment(record.endedAt) <= survey.at ? [record] : [],
      );
    looked += writes.length + copies.length;
    violations.push(
      ...writes
        .filter((write) => !isThere(write.key, write))
        .map(
          ({ operation, key }) =>
            `the version that a ${operation} of ${quoted(key)} made on ${store} is gone`,
        ),
      ...copies
        .filter((record) => !isThere(record.key, record))
        .map(({ key }) => `the version that a copy of ${quoted(key)} made on ${store} is gone`),
    );
  }
  return verdict(
    "I4",
    `${counted(looked, "version")} looked for in both stores' final version stacks.`,
    violations,
  );
}
