import type { Mutation, Proof } from "./mutation";

const test = (file: string, named: string): Proof => ({ test: `test/drill/evidence-${file}.test.ts`, named });

/** The functions that decide the invariants, and what their verdicts are about. */
const CHECKERS = [
  ["I1", "standbyHasSyncedWrites", "what the sync point vouches for is looked for"],
  ["I2", "reportedLossIsABound", "the reported loss is held against what was lost"],
  ["I3", "fenceHolds", "copies into the active store after the fence are found"],
  ["I4", "noVersionLost", "versions that are gone are found"],
  ["I5", "onlyDescendantsReplace", "replacements by what does not descend are found"],
  ["I6", "deletionsAreProven", "deletions without proof are found"],
  ["I7", "secondRunChangesNothing", "a second run that changes something is found"],
  ["I8", "flipKeepsAHealthyPool", "a flip that leaves no healthy pool is found"],
  ["I9", "flipNeedsNothingOfTheLostStore", "a flip that needs the lost store is found"],
  ["I10", "replicasAreEqual", "replicas that differ are found"],
  ["I11", "noSecretFound", "secrets are found"],
] as const;

const INVARIANTS: readonly Mutation[] = CHECKERS.map(([id, checker, what]) => ({
  name: `${id.toLowerCase()}-always-holds`,
  without: what,
  file: "drill/evidence/invariants/all-invariants.ts",
  text: `${checker}(history),`,
  by: `{ ...${checker}(history), holds: true },`,
  proofs: [test("corruptions", `break ${id} whenever`), test("invariants", `${id} is broken when`)],
}));

const LOG: readonly Mutation[] = [
  {
    name: "chain-not-checked",
    without: "every line must follow from the one before",
    file: "drill/evidence/log-chain.ts",
    text: "if (hashOf(this.previous, content) !== said) {",
    by: 'if (said === "") {',
    proofs: [test("log", "finds any line that was changed, removed, added, moved or given twice")],
  },
  {
    name: "lines-not-chained",
    without: "a line's hash is over the line before, too",
    file: "drill/evidence/log-chain.ts",
    text: "update(previous).update(content)",
    by: "update(content)",
    proofs: [test("log", "finds any line that was changed, removed, added, moved or given twice")],
  },
  {
    name: "unknown-events-read",
    without: "an event must be as its schema says",
    file: "drill/evidence/event-log.ts",
    text: "if (!isDrillEvent(value)) {",
    by: "if (value === undefined) {",
    proofs: [
      test("log", "names the line of an unknown type"),
      test("log", "names the line of a time that is a text"),
    ],
  },
  {
    name: "torn-log-read",
    without: "a log that was cut off is no evidence",
    file: "drill/evidence/event-log.ts",
    text: "if (options.evenIfTorn) return",
    by: "if (tornLine > 0) return",
    proofs: [test("log", "names the line of a torn last line")],
  },
];

const VERDICTS: readonly Mutation[] = [
  {
    name: "figures-not-compared",
    without: "figures must equal those of another computation",
    file: "drill/evidence/figures.ts",
    text: '[...differences].map((name) => `"${name}" differs`),',
    by: "[],",
    proofs: [test("figures", "decide the twelfth invariant")],
  },
  {
    name: "undecided-passes",
    without: "an invariant that nobody decided does not pass",
    file: "drill/evidence/figures.ts",
    text: "(holds === undefined && mayBeOpen(id))",
    by: "(holds === undefined && mayBeOpen(id).valueOf !== undefined)",
    proofs: [test("figures", "do not pass when something was never looked at")],
  },
  {
    name: "broken-invariant-passes",
    without: "a broken invariant does not pass",
    file: "drill/evidence/figures.ts",
    text: "invariants.every(({ id, holds }) => holds === true ||",
    by: "invariants.every(({ id, holds }) => holds !== undefined ||",
    proofs: [test("figures", "decide the twelfth invariant")],
  },
  {
    name: "missed-target-passes",
    without: "a target that is missed does not pass",
    file: "drill/evidence/figures.ts",
    text: "targets.every(({ met }) => met) &&",
    by: "",
    proofs: [test("figures", "name the target that was missed")],
  },
  {
    name: "missed-expectation-passes",
    without: "a scenario that comes out otherwise does not pass",
    file: "drill/evidence/figures.ts",
    text: "expectations.every(({ met }) => met) &&",
    by: "",
    proofs: [test("expectations", "expectations of a scenario")],
  },
  {
    name: "unfinished-run-passes",
    without: "a run that did not come to its end does not pass",
    file: "drill/evidence/figures.ts",
    text: "complete &&\n    targets",
    by: "targets",
    proofs: [test("figures", "do not pass when the run did not come to its end")],
  },
  {
    name: "unknown-target-met",
    without: "a target of which nothing is known is missed",
    file: "drill/evidence/targets.ts",
    text: "met: known !== null && known <= rounded",
    by: "met: known === null || known <= rounded",
    proofs: [test("figures", "figures of runs in which something goes wrong")],
  },
  {
    name: "report-of-another-log",
    without: "a report names the log that it was made from",
    file: "drill/report/check-report.ts",
    text: "log.lastHash === events.lastHash && log.events === events.count && log.sha256 === events.sha256",
    by: "log.events >= 0",
    proofs: [{ test: "test/drill/report.test.ts", named: "is checked against its log" }],
  },
  {
    name: "claimed-pass-believed",
    without: "a report may not say passed where its log does not",
    file: "drill/report/check-report.ts",
    text: "reported.passed && !figures.passed",
    by: "reported.passed === undefined",
    proofs: [{ test: "test/drill/report.test.ts", named: "is not believed when it says passed" }],
  },
];

export const EVIDENCE_MUTATIONS: readonly Mutation[] = [...INVARIANTS, ...LOG, ...VERDICTS];
