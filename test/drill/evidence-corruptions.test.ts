import { describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import type { StoreName } from "../../contract/stores";
import type { DrillEvent, EventOf, EventType, SurveyedObject } from "../../drill/evidence/events";
import { computeFigures, differingFigures } from "../../drill/evidence/figures";
import { checkInvariants } from "../../drill/evidence/invariants/all-invariants";
import type { InvariantId } from "../../drill/evidence/invariants/invariant-ids";
import { RunHistory } from "../../drill/evidence/run-history";
import { iso } from "../support/history";
import { playPlot, plots, WRITTEN_LATE, WRITTEN_TWICE } from "../support/random-drill";

type Events = readonly DrillEvent[];

/** A history, and a number by which to choose what to spoil in it. */
const spoilable = fc.tuple(plots.map(playPlot), fc.nat());
const RUNS = { numRuns: 200 };

function broken(events: Events): readonly InvariantId[] {
  return checkInvariants(new RunHistory(events))
    .filter(({ holds }) => holds === false)
    .map(({ id }) => id);
}

function of<Type extends EventType>(events: Events, type: Type): readonly EventOf<Type>[] {
  return events.filter((event): event is EventOf<Type> => event.type === type);
}

/** One of them, whichever; every history has some. */
function one<T>(all: readonly T[], choice: number): T {
  const chosen = all[choice % all.length];
  if (chosen === undefined) throw new Error("this history has nothing of the kind");
  return chosen;
}

function replaced(events: Events, original: DrillEvent, by: readonly DrillEvent[]): Events {
  return events.flatMap((event) => (event === original ? by : [event]));
}

function endSurvey(events: Events, store: StoreName) {
  return one(
    of(events, "survey").filter((survey) => survey.moment === "end" && survey.store === store),
    0,
  );
}

function withObject(
  events: Events,
  store: StoreName,
  key: string,
  change: (object: SurveyedObject) => SurveyedObject,
) {
  const survey = endSurvey(events, store);
  const objects = survey.objects.map((object) => (object.key === key ? change(object) : object));
  return replaced(events, survey, [{ ...survey, objects }]);
}

function flips(events: Events) {
  const { flips: found } = new RunHistory(events);
  return { unplanned: one(found, 0), planned: one(found, 1) };
}

/** Each spoils the history in one way, somewhere. */
const CORRUPTIONS: readonly (readonly [InvariantId, string, (events: Events, choice: number) => Events])[] = [
  [
    "I1",
    "a replicated write is not on the standby",
    (events) => {
      const survey = one(
        of(events, "survey").filter(({ moment }) => moment !== "end"),
        0,
      );
      const objects = survey.objects.filter(({ key }) => key !== WRITTEN_TWICE);
      return replaced(events, survey, [{ ...survey, objects }]);
    },
  ],
  [
    "I1",
    "a sync point vouches for a write that was never copied",
    (events) => {
      const { unplanned } = flips(events);
      const late = one(
        of(events, "write").filter(({ key }) => key === WRITTEN_LATE),
        0,
      );
      const runs = of(events, "replication").filter(({ end }) => end < unplanned.at);
      const run = one(runs, runs.length - 1);
      return replaced(events, run, [{ ...run, report: { ...run.report, syncPoint: iso(late.end + 1) } }]);
    },
  ],
  [
    "I1",
    "a reader gets an old value from the store that has a newer one",
    (events, choice) => {
      const [first, second] = of(events, "write").filter(({ key }) => key === WRITTEN_TWICE);
      const at = (second?.end ?? 0) + 1 + (choice % 2000);
      const store = second?.store;
      const read = {
        type: "read",
        at,
        end: at + 3,
        key: WRITTEN_TWICE,
        status: 200,
        etag: first?.etag,
      } as const;
      return [...events, { ...read, store, outcome: "ok" }];
    },
  ],
  [
    "I2",
    "the operator was told of less exposure than there was",
    (events) => {
      const flip = one(of(events, "operator"), 0);
      return replaced(events, flip, [{ ...flip, exposureSeconds: 0 }]);
    },
  ],
  [
    "I2",
    "less is reported than was lost",
    (events) => {
      const { unplanned } = flips(events);
      const runs = of(events, "replication").filter(({ end }) => end < unplanned.at);
      const run = one(runs, runs.length - 1);
      const fault = one(of(events, "fault"), 0);
      return replaced(events, run, [{ ...run, report: { ...run.report, syncPoint: iso(fault.at) } }]);
    },
  ],
  [
    "I3",
    "a copy ends in the active store after the fence",
    (events, choice) => {
      const copy = one(of(events, "copy"), choice);
      const flip = one(Object.values(flips(events)), choice);
      const endedAt = flip.at + 3667 + 1 + (choice % 200);
      const direction = { source: flip.from, destination: flip.to };
      const record = { ...copy.record, ...direction, startedAt: iso(endedAt - 5), endedAt: iso(endedAt) };
      return [...events, { ...copy, at: endedAt + 1, record }];
    },
  ],
  [
    "I4",
    "a version is gone",
    (events, choice) => {
      const store = choice % 2 === 0 ? "primary" : "secondary";
      const object = one(endSurvey(events, store).objects, choice);
      const gone = one(object.versions, choice);
      return withObject(events, store, object.key, ({ key, etag, versions }) => ({
        key,
        etag,
        versions: versions.filter((version) => version !== gone),
      }));
    },
  ],
  [
    "I5",
    "something is overwritten by what does not descend from it",
    (events, choice) => {
      const store = choice % 2 === 0 ? "primary" : "secondary";
      const objects = endSurvey(events, store).objects.filter(({ etag }) => etag !== undefined);
      return withObject(events, store, one(objects, choice).key, ({ key, versions }) => ({
        key,
        etag: "f".repeat(32),
        versions: [{ versionId: "unknown", etag: "f".repeat(32), isDeleteMarker: false }, ...versions],
      }));
    },
  ],
  [
    "I6",
    "something is deleted that nobody deleted",
    (events, choice) => {
      const store = choice % 2 === 0 ? "primary" : "secondary";
      const deleted = new Set(
        of(events, "write").flatMap(({ operation, key }) => (operation === "delete" ? key : [])),
      );
      const objects = endSurvey(events, store).objects.filter(({ key }) => !deleted.has(key));
      return withObject(events, store, one(objects, choice).key, ({ key, versions }) => ({
        key,
        versions: [{ versionId: "marker", isDeleteMarker: true }, ...versions],
      }));
    },
  ],
  [
    "I7",
    "the second run writes again",
    (events, choice) => {
      const runs = of(events, "replication");
      const run = one(runs, runs.length - 1);
      const again = choice % 2 === 0 ? { copied: 1 + (choice % 5) } : { removed: 1 };
      return replaced(events, run, [{ ...run, report: { ...run.report, ...again } }]);
    },
  ],
  [
    "I8",
    "no pool is healthy though only one store is broken",
    (events, choice) => {
      const { at, to } = flips(events).unplanned;
      return [...events, { type: "pool", at: at + (choice % 3000), store: to, healthy: false }];
    },
  ],
  [
    "I9",
    "the flip cannot be made without the lost store",
    (events) => {
      const flip = one(of(events, "operator"), 0);
      return [
        ...events,
        { ...flip, at: flip.at - 20, end: flip.at - 10, exitCode: 3, outcome: "unreachable" },
      ];
    },
  ],
  [
    "I9",
    "nobody can write before the lost store is back",
    (events) => {
      const { at, to } = flips(events).unplanned;
      const back = one(of(events, "fault"), 1).at;
      return events.filter(
        (event) => event.type !== "write" || event.store !== to || event.at < at || event.at > back,
      );
    },
  ],
  [
    "I10",
    "a header differs",
    (events) => {
      const parity = one(of(events, "parity"), 0);
      return replaced(events, parity, [
        { ...parity, differences: [{ key: WRITTEN_TWICE, what: "cache-control" }] },
      ]);
    },
  ],
  [
    "I10",
    "a reader gets what nobody wrote",
    (events, choice) => {
      const read = one(of(events, "read"), choice);
      return replaced(events, read, [{ ...read, etag: "0".repeat(32) }]);
    },
  ],
  [
    "I10",
    "a reader gets what is written only later",
    (events, choice) => {
      const write = one(
        of(events, "write").filter(({ etag }) => etag !== undefined),
        choice,
      );
      const { at, key, etag, store } = write;
      return [
        ...events,
        { type: "read", at: at - 9, end: at - 3, key, status: 200, etag, store, outcome: "ok" },
      ];
    },
  ],
  [
    "I11",
    "a secret is found",
    (events) => {
      const search = one(of(events, "secrets"), 0);
      return replaced(events, search, [{ ...search, found: search.searched }]);
    },
  ],
];

describe("random histories", () => {
  it("break no invariant, and leave none open, when they are right by construction", () => {
    fc.assert(
      fc.property(plots, (plot) => {
        const verdicts = checkInvariants(new RunHistory(playPlot(plot)));
        expect(verdicts.flatMap(({ violations }) => violations)).toEqual([]);
        expect(verdicts.filter(({ holds }) => holds !== true).map(({ id }) => id)).toEqual(["I12"]);
      }),
      { seed: 20_260_320, ...RUNS },
    );
  });

  it.each(CORRUPTIONS)("break %s whenever %s", (id, _what, corrupt) => {
    fc.assert(
      fc.property(spoilable, ([events, choice]) => {
        expect(broken(corrupt(events, choice))).toContain(id);
      }),
      { seed: 20_260_321, ...RUNS },
    );
  });

  it("have figures of which none can be changed unseen", () => {
    const figures: unknown = JSON.parse(
      JSON.stringify(computeFigures(playPlot(one(fc.sample(plots, { seed: 7, numRuns: 1 }), 0)))),
    );
    const places = leavesOf(figures).filter(([first, , last]) => first !== "passed" && last !== "id");
    fc.assert(
      fc.property(fc.constantFrom(...places), (place) => {
        const isTwelfth = place[0] === "invariants" && place[1] === "11";
        expect(differingFigures(figures, changedAt(figures, place))).toEqual(isTwelfth ? [] : [place[0]]);
      }),
      { seed: 20_260_322, numRuns: 400 },
    );
  });
});

/** The paths of all plain values. */
function leavesOf(value: unknown, path: readonly string[] = []): readonly (readonly string[])[] {
  if (typeof value !== "object" || value === null) return [path];
  return Object.entries(value).flatMap(([name, inner]) => leavesOf(inner, [...path, name]));
}

function changedAt(value: unknown, [first, ...rest]: readonly string[]): unknown {
  if (first === undefined)
    return typeof value === "number"
      ? value + 0.001
      : typeof value === "boolean"
        ? !value
        : `${String(value)}.`;
  if (Array.isArray(value))
    return value.map((item, index) => (String(index) === first ? changedAt(item, rest) : item));
  return Object.fromEntries(
    Object.entries(value ?? {}).map(([name, inner]) => [
      name,
      name === first ? changedAt(inner, rest) : inner,
    ]),
  );
}
