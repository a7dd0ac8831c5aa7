import type { Observation } from "../observation";
import { edgeChecks, isPreferred, recordOf } from "./edge-checks";
import { type Exposure, exposureOf } from "./exposure";
import type { FlipCheck, FlipRequest, Refusal } from "./flip-request";
import { type FlipJournal, isUnfinished } from "./journal";
import { type CheckResult, standbyChecks } from "./standby-checks";

/**
 * - `go`: nothing stands against it.
 * - `resume`: it was begun before, here or elsewhere, and goes on where it ended: half a flip is worse than either end.
 * - `done`: it is as asked already.
 * - `refused`: see the refusals.
 */
export type Verdict = "go" | "resume" | "done" | "refused";

export interface Judgement {
  readonly verdict: Verdict;
  /** Everything that stands against it, at once. */
  readonly refusals: readonly Refusal[];
  /** What stands against it and was told not to count. */
  readonly overridden: readonly Refusal[];
  /** What was looked at and is in order. */
  readonly fine: readonly string[];
  /** What the standby may lack now. */
  readonly exposure: Exposure;
}

/** Cleared by accepting the loss: they say how much there is to lose, and nothing else. */
const LOSS: readonly FlipCheck[] = ["lag", "exceptions"];

export function isAboutLoss({ check }: Refusal): boolean {
  return LOSS.includes(check);
}

/** Whether a flip is safe, from what the edge and the standby know. */
export function judgeFlip(
  observation: Observation,
  request: FlipRequest,
  journal: FlipJournal | undefined,
): Judgement {
  const exposure = exposureOf(observation.standby);
  const standing = whereItStands(observation, request, journal);
  if (standing !== undefined) return { verdict: standing, refusals: [], overridden: [], fine: [], exposure };
  const results = [...standbyChecks(observation, request), ...edgeChecks(observation, request, journal)];
  const against = results.filter((one) => "reason" in one);
  const counts = (one: Refusal) =>
    !request.force.includes(one.check) && !(request.acceptLoss && isAboutLoss(one));
  const refusals = against.filter(counts);
  return {
    verdict: refusals.length > 0 ? "refused" : "go",
    refusals,
    overridden: against.filter((one) => !counts(one)),
    fine: results.flatMap((one: CheckResult) => ("fine" in one ? [one.fine] : [])),
    exposure,
  };
}

/** Done, or begun before: then there is nothing to judge any more. */
function whereItStands(
  observation: Observation,
  request: FlipRequest,
  journal: FlipJournal | undefined,
): "resume" | "done" | undefined {
  const record = recordOf(observation);
  const isHere = isUnfinished(journal) && journal.to === request.to;
  // A planned flip that was begun is not finished by an unplanned one, nor the other way round, without a word.
  if (isHere && journal.planned === request.planned) return "resume";
  if (record?.active !== request.to || record.writesPaused) return undefined;
  return isPreferred(observation, request.to) === false ? "resume" : "done";
}
