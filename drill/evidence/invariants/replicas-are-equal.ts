import { judgeReads } from "../read-values";
import type { RunHistory } from "../run-history";
import { counted, type InvariantVerdict, notChecked, quoted, verdict } from "./invariant";

/**
 * I10: the comparisons of both stores found no difference, in bytes or in anything that travels with them, and no reader
 * was given a value that nobody had written.
 */
export function replicasAreEqual(history: RunHistory): InvariantVerdict {
  const checks = history.of("parity");
  const objects = checks.reduce((sum, check) => sum + check.objects, 0);
  const { looked, fromNowhere } = judgeReads(history);
  if (objects === 0 && fromNowhere.length === 0) return notChecked("I10", "no objects were compared");
  const exceptions = checks.at(-1)?.exceptions.length ?? 0;
  return verdict(
    "I10",
    `${counted(objects, "pair")} of objects in ${counted(checks.length, "comparison")}; ${counted(exceptions, "key")} left out by name in the last. ${counted(looked, "read")} held against every value that was sent.`,
    [
      ...checks.flatMap(({ moment, differences }) =>
        differences.map(({ key, what }) => `${quoted(key)} differs (${moment}): ${what}`),
      ),
      ...fromNowhere.map(
        ({ key, store, etag, at }) =>
          `${store} answered a read of ${quoted(key)} at ${history.seconds(at)} s with a value that nobody wrote (ETag ${etag})`,
      ),
    ],
  );
}
