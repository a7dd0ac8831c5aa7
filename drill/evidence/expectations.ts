import { STORE_NAMES } from "../../contract/stores";
import type { ParityFigures, ReadFigures } from "./activity";
import type { RunStarted } from "./events";
import type { FlipFigures } from "./flip-figures";
import type { InvariantVerdict } from "./invariants/invariant";
import type { OutageFigures } from "./outage";
import type { RunHistory } from "./run-history";

type Expected = NonNullable<RunStarted["scenario"]>["expected"];
type ExpectedCount = NonNullable<Expected["lost"]>;

/** One thing that the scenario was to show, and whether it did. */
export interface ExpectationVerdict {
  /** Where the scenario's file says it: `expected.outages[0].readers`. */
  readonly id: string;
  readonly expected: string;
  readonly found: string;
  readonly met: boolean;
}

export interface Found {
  readonly reads: ReadFigures;
  readonly outages: readonly OutageFigures[];
  readonly flips: readonly FlipFigures[];
  readonly lost: readonly string[] | null;
  readonly parity: ParityFigures | null;
  readonly invariants: readonly InvariantVerdict[];
}

/** Nothing for a run that is no scenario's. */
export function judgeExpectations(history: RunHistory, found: Found): readonly ExpectationVerdict[] {
  const expected = history.start.scenario?.expected;
  if (expected === undefined) return [];
  return [
    ...counted("failedReads", expected.failedReads, found.reads.failed),
    ...outageExpectations(history, expected, found.outages),
    ...flipExpectation(expected, found.flips),
    ...counted("refusals", expected.refusals, refusals(history)),
    ...STORE_NAMES.flatMap((store) =>
      counted(`poolDown.${store}`, expected.poolDown?.[store], timesDown(history, store)),
    ),
    ...keyCounts(history, expected),
    ...runCounts(history, expected),
    ...counted("overtakenRuns", expected.overtakenRuns, overtakenRuns(history)),
    ...lostExpectation(history, expected, found.lost),
    ...equalExpectation(expected.equalAtEnd ?? true, found.parity),
    ...decided(expected, found.invariants),
  ];
}

function outageExpectations(
  history: RunHistory,
  { outages = [] }: Expected,
  found: readonly OutageFigures[],
): readonly ExpectationVerdict[] {
  return outages.flatMap(({ target, number = 1, readers, noticed }, index) => {
    const outage = found.filter(({ store }) => store === target)[number - 1];
    const place = `outages[${index}]`;
    if (outage === undefined) {
      return [verdict(`${place}.target`, `outage ${number} of ${target}`, "there was none", false)];
    }
    return [
      verdict(`${place}.readers`, readers, courseOf(outage), hadCourse(history, outage, readers)),
      ...(noticed === undefined ? [] : [noticedVerdict(`${place}.noticed`, noticed, outage)]),
    ];
  });
}

function noticedVerdict(
  id: string,
  expected: boolean | "as-predicted",
  { detectionSeconds, predictedDetectionSeconds, detectedAsPredicted }: OutageFigures,
): ExpectationVerdict {
  const isNoticed = detectionSeconds !== null;
  if (expected !== "as-predicted") {
    return verdict(id, yesNo(expected), yesNo(isNoticed), expected === isNoticed);
  }
  const after = isNoticed ? `after ${detectionSeconds} s` : "never";
  return verdict(
    id,
    expected,
    `${after} (${rangeText(predictedDetectionSeconds)})`,
    detectedAsPredicted === true,
  );
}

type Course = NonNullable<Expected["outages"]>[number]["readers"];

function hadCourse(history: RunHistory, outage: OutageFigures, course: Course): boolean {
  switch (course) {
    case "as-predicted":
      return outage.withinPrediction === true;
    case "unharmed":
      return outage.failedReads === 0;
    case "harmed":
      return outage.failedReads > 0;
    case "until-mended":
      return outage.failedReads > 0 && failedUntilMended(history, outage);
  }
}

/** Readers got well no earlier than something was done: the fault mended, or the toggle flipped. */
function failedUntilMended(history: RunHistory, outage: OutageFigures): boolean {
  const { atSeconds, lastedSeconds, firstFailedReadSeconds, rtoSeconds, toleranceSeconds } = outage;
  if (rtoSeconds === null || firstFailedReadSeconds === null) return rtoSeconds === null;
  const flip = history.flips.find(
    ({ at, from }) => from === outage.store && history.seconds(at) >= atSeconds,
  );
  const done = Math.min(
    lastedSeconds ?? Number.POSITIVE_INFINITY,
    flip === undefined ? Number.POSITIVE_INFINITY : history.seconds(flip.at) - atSeconds,
  );
  return firstFailedReadSeconds + rtoSeconds >= done - toleranceSeconds;
}

function courseOf({ failedReads, reads, rtoSeconds, predictedSeconds }: OutageFigures): string {
  const predicted = rangeText(predictedSeconds);
  const lasted = rtoSeconds === null ? "and did not get well again" : `for ${rtoSeconds} s`;
  return failedReads === 0
    ? `none of ${reads} reads failed (${predicted})`
    : `${failedReads} of ${reads} reads failed ${lasted} (${predicted})`;
}

function rangeText(range: OutageFigures["predictedSeconds"]): string {
  return range === null ? "nothing was predicted" : `predicted ${range.best} to ${range.worst} s`;
}

function flipExpectation({ flips }: Expected, found: readonly FlipFigures[]): readonly ExpectationVerdict[] {
  if (flips === undefined) return [];
  const stores = found.map(({ to }) => to);
  return [
    verdict(
      "flips",
      named(flips),
      named(stores),
      flips.length === stores.length && flips.every((to, index) => to === stores[index]),
    ),
  ];
}

/** Commands that refuse: for others, exit code 1 only says that something was found. */
const REFUSING: ReadonlySet<string | undefined> = new Set(["flip", "guard"]);

function refusals(history: RunHistory): number {
  return history.of("operator").filter(({ command, exitCode }) => exitCode === 1 && REFUSING.has(command[0]))
    .length;
}

function timesDown(history: RunHistory, store: (typeof STORE_NAMES)[number]): number {
  return history.of("pool").filter((change) => change.store === store && !change.healthy).length;
}

function keyCounts(history: RunHistory, { exceptions = {} }: Expected): readonly ExpectationVerdict[] {
  const named = history.of("replication").flatMap(({ report }) => report.exceptions);
  return Object.entries(exceptions).flatMap(([kind, count]) => {
    const keys = new Set(named.filter((one) => one.kind === kind).map(({ key }) => key));
    return counted(`exceptions.${kind}`, count, keys.size);
  });
}

function runCounts(history: RunHistory, { runs = {} }: Expected): readonly ExpectationVerdict[] {
  const reports = history.of("replication").map(({ report }) => report);
  return Object.entries(runs).flatMap(([outcome, count]) =>
    counted(`runs.${outcome}`, count, reports.filter((report) => report.outcome === outcome).length),
  );
}

function overtakenRuns(history: RunHistory): number {
  return history
    .of("replication")
    .filter((run) => history.flips.some(({ at }) => at > run.at && at < run.end)).length;
}

/** A run without writers of its own, as of a deployment that is in use, has nothing of its own to lose. */
function lostExpectation(
  history: RunHistory,
  { lost: given }: Expected,
  lost: readonly string[] | null,
): readonly ExpectationVerdict[] {
  if (given === undefined && history.of("write").length === 0) return [];
  const expected = given ?? 0;
  const found =
    lost === null ? "not known: both stores were not surveyed at the end" : `${lost.length}: ${named(lost)}`;
  return [verdict("lost", countText(expected), found, lost !== null && isCount(expected, lost.length))];
}

function equalExpectation(expected: boolean, parity: ParityFigures | null): readonly ExpectationVerdict[] {
  if (parity === null) return [];
  const equal = parity.differences.length === 0;
  return [verdict("equalAtEnd", yesNo(expected), yesNo(equal), equal === expected)];
}

/** What the story is there to show must have been decided; the rest must at least be accounted for. */
function decided(
  { decides = [], notApplicable = {} }: Expected,
  invariants: readonly InvariantVerdict[],
): readonly ExpectationVerdict[] {
  return invariants.flatMap(({ id, holds, applies, evidence }) => {
    if (holds !== undefined) return [];
    if (decides.includes(id)) return [verdict(`decides.${id}`, "decided", evidence, false)];
    if (!applies || id === "I12" || notApplicable[id] !== undefined) return [];
    return [verdict(`notApplicable.${id}`, "decided, or named with the reason", evidence, false)];
  });
}

function counted(
  id: string,
  expected: ExpectedCount | undefined,
  found: number,
): readonly ExpectationVerdict[] {
  return expected === undefined
    ? []
    : [verdict(id, countText(expected), String(found), isCount(expected, found))];
}

function isCount(expected: ExpectedCount, found: number): boolean {
  if (typeof expected === "number") return found === expected;
  return found >= (expected.atLeast ?? 0) && found <= (expected.atMost ?? Number.POSITIVE_INFINITY);
}

function countText(expected: ExpectedCount): string {
  if (typeof expected === "number") return String(expected);
  const { atLeast, atMost } = expected;
  return [atLeast === undefined ? [] : `at least ${atLeast}`, atMost === undefined ? [] : `at most ${atMost}`]
    .flat()
    .join(", ");
}

const KEYS_SHOWN = 10;

function named(names: readonly string[]): string {
  if (names.length === 0) return "none";
  const more = names.length - KEYS_SHOWN;
  return `${names.slice(0, KEYS_SHOWN).join(", ")}${more > 0 ? ` and ${more} more` : ""}`;
}

function yesNo(value: boolean): string {
  return value ? "yes" : "no";
}

function verdict(id: string, expected: string, found: string, met: boolean): ExpectationVerdict {
  return { id: `expected.${id}`, expected, found, met };
}
