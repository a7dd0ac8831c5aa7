import { isDeepStrictEqual } from "node:util";
import { describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import type { StoreName } from "../../contract/stores";
import type { DrillEvent, StoreSurveyed, SurveyedObject } from "../../drill/evidence/events";
import { computeFigures } from "../../drill/evidence/figures";
import type { InvariantId } from "../../drill/evidence/invariants/invariant-ids";
import { goodDrill, STORY } from "../support/drill-story";
import { iso, type SimulatedHistory } from "../support/history";

type Events = readonly DrillEvent[];

const good = goodDrill().events;

function broken(events: Events): readonly InvariantId[] {
  return computeFigures(events)
    .invariants.filter(({ holds }) => holds === false)
    .map(({ id }) => id);
}

function changed<Type extends DrillEvent["type"]>(
  events: Events,
  type: Type,
  change: (event: Extract<DrillEvent, { type: Type }>) => DrillEvent | readonly DrillEvent[],
): Events {
  const isMeant = (event: DrillEvent): event is Extract<DrillEvent, { type: Type }> => event.type === type;
  const result = events.flatMap((event) => (isMeant(event) ? change(event) : event));
  // A change that hits nothing would make its test pass for nothing.
  if (isDeepStrictEqual(result, events)) throw new Error(`no ${type} event was changed`);
  return result;
}

function surveyed(
  moment: StoreSurveyed["moment"],
  store: StoreName,
  change: (object: SurveyedObject) => SurveyedObject | readonly SurveyedObject[],
): Events {
  return changed(good, "survey", (event) =>
    event.moment === moment && event.store === store
      ? { ...event, objects: event.objects.flatMap(change) }
      : event,
  );
}

/** The drill again, with something done between catching up and the way back. */
function meddled(meddle: (run: SimulatedHistory) => void): Events {
  const run = goodDrill();
  meddle(run);
  const ends = run.events.filter((event) => event.type === "survey" && event.moment === "end");
  run.survey(STORY.ended - 10, "primary", "end");
  run.survey(STORY.ended - 9, "secondary", "end");
  return run.events.filter((event) => !ends.includes(event));
}

describe("invariants of a history that was corrupted", () => {
  it("all hold before it is", () => {
    expect(broken(good)).toEqual([]);
    expect(broken(meddled(() => undefined))).toEqual([]);
  });

  const corruptions: readonly (readonly [InvariantId, string, () => Events])[] = [
    [
      "I1",
      "a replicated object is missing on the standby at the failover",
      () =>
        surveyed("standby-at-failover", "secondary", (object) =>
          object.key === "site/page 7.html" ? [] : object,
        ),
    ],
    [
      "I1",
      "the standby has other bytes for a key that was replicated",
      () =>
        surveyed("standby-at-failover", "secondary", (object) =>
          object.key === "story/both.txt"
            ? {
                ...object,
                etag: "0",
                versions: object.versions.map((version) => ({ ...version, etag: "0" })),
              }
            : object,
        ),
    ],
    [
      "I1",
      "a sync point is later than what was copied",
      () =>
        changed(good, "replication", (event) =>
          event.report.destination === "secondary" && event.end < STORY.killed
            ? { ...event, report: { ...event.report, syncPoint: iso(STORY.killed - 10) } }
            : event,
        ),
    ],
    [
      "I1",
      "a deletion did not arrive and nobody named it",
      () =>
        changed(good, "replication", (event) => ({
          ...event,
          report: {
            ...event.report,
            exceptions: event.report.exceptions.filter(({ kind }) => kind !== "stray"),
          },
        })),
    ],
    [
      "I2",
      "an acknowledged write from before the bound is not on the standby",
      () =>
        surveyed("standby-at-failover", "secondary", (object) =>
          object.key === "site/page 9.html" ? [] : object,
        ),
    ],
    [
      "I3",
      "a copy ends in the new active store after the fence",
      () =>
        changed(good, "copy", (event) =>
          event.record.source === "primary" && event.record.key === "site/page 3.html"
            ? { ...event, record: { ...event.record, endedAt: iso(STORY.failover + 3667 + 40) } }
            : event,
        ),
    ],
    [
      "I3",
      "a copy ends in the active store before any flip",
      () =>
        changed(good, "copy", (event) => ({
          ...event,
          record:
            event.at < STORY.killed
              ? { ...event.record, source: "secondary", destination: "primary" }
              : event.record,
        })),
    ],
    [
      "I4",
      "a version that a writer was promised is gone",
      () =>
        surveyed("end", "primary", (object) =>
          object.key === "log/latest.json" ? { ...object, versions: object.versions.slice(0, -1) } : object,
        ),
    ],
    [
      "I4",
      "a version that a copy made is gone",
      () =>
        surveyed("end", "secondary", (object) =>
          object.key === "story/removed.txt" ? { ...object, versions: object.versions.slice(0, 1) } : object,
        ),
    ],
    [
      "I4",
      "a delete marker was taken away",
      () =>
        surveyed("end", "secondary", (object) =>
          object.key === "story/removed.txt" ? { ...object, versions: object.versions.slice(1) } : object,
        ),
    ],
    [
      "I5",
      "a conflict is decided for one side",
      () => meddled((run) => run.copy(STORY.verify + 100, "primary", "story/both.txt")),
    ],
    [
      "I5",
      "an older value is copied over a newer one",
      () =>
        meddled((run) => {
          run.put(STORY.resumed + 100, "primary", "story/order.txt", "one");
          run.put(STORY.resumed + 200, "primary", "story/order.txt", "two");
          run.copy(STORY.verify + 100, "primary", "story/order.txt");
          run.put(STORY.resumed + 300, "primary", "story/order.txt", "three");
          run.copy(STORY.verify + 200, "primary", "story/order.txt");
          swapTopVersions(run, "secondary", "story/order.txt");
        }),
    ],
    [
      "I5",
      "a copy that nobody logged covers an unrelated write",
      () =>
        meddled((run) => {
          run.copy(STORY.verify + 100, "primary", "story/both.txt");
          run.events.splice(
            run.events.findIndex((event) => event.type === "copy" && event.at === STORY.verify + 102),
            1,
          );
        }),
    ],
    [
      "I5",
      "equal bytes written on both sides are taken for a replica",
      () =>
        meddled((run) => {
          run.put(STORY.writerMoved + 200, "secondary", "story/twins.txt", "same");
          run.put(STORY.resumed + 100, "primary", "story/twins.txt", "same");
          run.put(STORY.resumed + 200, "primary", "story/twins.txt", "other");
          run.copy(STORY.verify + 100, "primary", "story/twins.txt");
        }),
    ],
    [
      "I6",
      "a delete marker stands where nobody deleted",
      () =>
        surveyed("end", "secondary", (object) =>
          object.key === "site/page 5.html"
            ? { key: object.key, versions: [{ versionId: "x", isDeleteMarker: true }, ...object.versions] }
            : object,
        ),
    ],
    [
      "I6",
      "what was deleted comes back by a copy",
      () => meddled((run) => run.copy(STORY.verify + 100, "primary", "story/removed.txt")),
    ],
    [
      "I7",
      "the repeated run copies again",
      () =>
        changed(good, "replication", (event) =>
          event.at === STORY.verify + 3000 ? { ...event, report: { ...event.report, copied: 2 } } : event,
        ),
    ],
    [
      "I8",
      "the other pool goes down while the flip is under way",
      () => [...good, { type: "pool", at: STORY.failover + 500, store: "secondary", healthy: false }],
    ],
    [
      "I9",
      "no reader is served before the lost store returns",
      () => good.filter((event) => !(event.type === "read" && event.store === "secondary")),
    ],
    [
      "I9",
      "the writer cannot write before the lost store returns",
      () =>
        good.filter(
          (event) => !(event.type === "write" && event.store === "secondary" && event.at < STORY.returned),
        ),
    ],
    [
      "I10",
      "a header differs",
      () =>
        changed(good, "parity", (event) => ({
          ...event,
          differences: [{ key: "site/page 1.html", what: "cache-control" }],
        })),
    ],
    [
      "I11",
      "a secret is found",
      () => changed(good, "secrets", (event) => ({ ...event, found: ["events.jsonl"] })),
    ],
  ];

  it.each(corruptions)("%s is broken when %s", (id, _what, corrupt) => {
    expect(broken(corrupt())).toContain(id);
  });

  it("finds any single replicated object that is missing on the standby", () => {
    // Later than the sync point, nothing was promised.
    const unpromised = good.flatMap((event) =>
      event.type === "write" && event.end > 22_000 ? [event.key] : [],
    );
    const replicated = good
      .flatMap((event) =>
        event.type === "survey" && event.moment === "standby-at-failover"
          ? event.objects.map(({ key }) => key)
          : [],
      )
      .filter((key) => key.startsWith("story/") || !unpromised.includes(key));
    fc.assert(
      fc.property(fc.constantFrom(...replicated), (missing) => {
        expect(
          broken(
            surveyed("standby-at-failover", "secondary", (object) => (object.key === missing ? [] : object)),
          ),
        ).toContain("I1");
      }),
      { seed: 20_260_303, numRuns: 40 },
    );
  });

  it("finds any single version that is missing at the end, on either side", () => {
    const versions = good.flatMap((event) =>
      event.type === "survey" && event.moment === "end"
        ? event.objects.flatMap((object) =>
            object.versions.map(({ versionId }) => ({ store: event.store, versionId })),
          )
        : [],
    );
    fc.assert(
      fc.property(fc.constantFrom(...versions), ({ store, versionId }) => {
        const lost = surveyed("end", store, (object) => ({
          ...object,
          versions: object.versions.filter((version) => version.versionId !== versionId),
        }));
        expect(broken(lost)).toContain("I4");
      }),
      { seed: 20_260_304, numRuns: 60 },
    );
  });
});

describe("invariants of a history that is unusual and right", () => {
  it.each<readonly [string, () => Events]>([
    [
      "a copy into the store that has just become active ends within the fence",
      () =>
        changed(good, "copy", (event) =>
          event.record.source === "primary" && event.record.key === "log/entry-44.json"
            ? { ...event, record: { ...event.record, endedAt: iso(STORY.failover + 3600) } }
            : event,
        ),
    ],
    [
      "replication rewrites its own state, which no copy and no writer accounts for",
      () =>
        changed(good, "survey", (event) => ({
          ...event,
          objects: [
            ...event.objects,
            {
              key: ".storage-failover/progress.json",
              etag: `${event.store}-2`,
              versions: ["2", "1"].map((versionId) => ({
                versionId,
                etag: `${event.store}-${versionId}`,
                isDeleteMarker: false,
              })),
            },
          ],
        })),
    ],
    [
      "a key is written again after its deletion, and that is copied",
      () =>
        meddled((run) => {
          run.put(STORY.resumed + 100, "primary", "story/removed.txt", "a new beginning");
          run.copy(STORY.verify + 100, "primary", "story/removed.txt");
        }),
    ],
    [
      "a value that the standby never had is copied over a deletion",
      () =>
        meddled((run) => {
          run.delete(STORY.writerMoved + 10, "secondary", "story/unseen.txt");
          run.put(STORY.resumed + 5, "primary", "story/unseen.txt");
          run.copy(STORY.verify + 100, "primary", "story/unseen.txt");
        }),
    ],
    [
      "a copy whose log line was lost descends from what it covers",
      () =>
        changed(good, "copy", (event) =>
          event.record.key === "log/latest.json" && event.at < STORY.killed ? [] : event,
        ),
    ],
    [
      "a write without an answer was applied",
      () =>
        meddled((run) => {
          run.put(STORY.resumed + 100, "primary", "site/page 4.html", "perhaps");
          const index = run.events.findLastIndex((event) => event.type === "write");
          const write = run.events[index];
          if (write?.type === "write")
            run.events[index] = { ...write, outcome: "unknown", versionId: undefined };
        }),
    ],
    [
      "no pool is healthy because both stores were broken on purpose",
      () => [
        ...good,
        { type: "fault", at: STORY.failover + 400, target: "secondary", fault: "answers-503" },
        { type: "pool", at: STORY.failover + 500, store: "secondary", healthy: false },
        { type: "pool", at: STORY.failover + 900, store: "secondary", healthy: true },
        { type: "fault", at: STORY.failover + 1000, target: "secondary", fault: "none" },
      ],
    ],
    [
      "a run copies while the writer writes",
      () =>
        changed(good, "replication", (event) =>
          event.at === 39_000 ? { ...event, report: { ...event.report, copied: 9 } } : event,
        ),
    ],
  ])("all hold when %s", (_what, history) => {
    expect(broken(history())).toEqual([]);
  });

  it.each<readonly [InvariantId, string, () => Events]>([
    ["I2", "nothing was killed", () => good.filter((event) => event.type !== "fault")],
    ["I9", "the store that was left was alive", () => good.filter((event) => event.type !== "fault")],
    [
      "I5",
      "one store was not surveyed",
      () => good.filter((event) => !(event.type === "survey" && event.store === "primary")),
    ],
    [
      "I7",
      "nothing was replicated after the comparison",
      () => good.filter((event) => event.type !== "replication" || event.at < STORY.verify),
    ],
    ["I10", "nothing was compared", () => changed(good, "parity", (event) => ({ ...event, objects: 0 }))],
    ["I11", "nothing was searched", () => changed(good, "secrets", (event) => ({ ...event, searched: [] }))],
  ])("%s stays open, not true, when %s", (id, _what, history) => {
    expect(computeFigures(history()).invariants.find((one) => one.id === id)?.holds).toBeUndefined();
  });

  it("lists the first twenty violations and counts the rest", () => {
    const [first] = computeFigures(surveyed("standby-at-failover", "secondary", () => [])).invariants;
    expect(first?.violations).toHaveLength(20);
    expect(first?.evidence).toMatch(/\d+ more violations are not listed/);
  });
});

/** As if the two latest copies had been made in the wrong order. */
function swapTopVersions(run: SimulatedHistory, store: StoreName, key: string): void {
  const survey = run.survey.bind(run);
  run.survey = (at, surveyedStore, moment) => {
    survey(at, surveyedStore, moment);
    const event = run.events.at(-1);
    if (event?.type !== "survey" || surveyedStore !== store) return;
    const objects = event.objects.map((object) => {
      const [top, next, ...rest] = object.versions;
      if (object.key !== key || top === undefined || next === undefined) return object;
      return { ...object, etag: next.etag, versions: [next, top, ...rest] };
    });
    run.events[run.events.length - 1] = { ...event, objects };
  };
}
