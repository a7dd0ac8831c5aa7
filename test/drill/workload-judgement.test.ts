import { describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import type { Marker } from "../../contract/marker";
import { STORE_NAMES, type StoreName } from "../../contract/stores";
import type { WriteDone } from "../../drill/evidence/events";
import { KnownValues } from "../../drill/workload/known-values";
import { seededRandom } from "../../drill/workload/seeded-random";
import { failedWrite } from "../../drill/workload/write-outcome";
import { type GateState, observe, UNDECIDED, writableStore } from "../../drill/workload/writer-gate";

function put(key: string, etag: string, end: number, more: Partial<WriteDone> = {}): WriteDone {
  return {
    type: "write",
    operation: "put",
    key,
    store: "primary",
    etag,
    bytes: 10,
    outcome: "acknowledged",
    at: end - 1,
    end,
    ...more,
  };
}

function write(values: KnownValues, done: WriteDone): void {
  if (done.operation === "put") {
    values.sendingPut(done.key, done.etag ?? "");
  } else {
    values.sendingDelete(done.key);
  }
  values.settled(done, done.etag);
}

describe("what a key may read as", () => {
  it("is any value that was ever sent, from the moment it is sent", () => {
    const values = new KnownValues();
    write(values, put("a", "one", 1));
    write(values, put("a", "two", 2, { outcome: "unknown" }));
    values.sendingPut("a", "three");

    for (const etag of ["one", "two", "three"]) {
      expect(values.judge("a", { status: 200, etag })).toBeUndefined();
    }
  });

  it("is no value from nowhere: never sent, sent for another key, or refused", () => {
    const values = new KnownValues();
    write(values, put("a", "one", 1));
    write(values, put("b", "other", 1));
    write(values, put("a", "refused", 2, { outcome: "refused" }));

    for (const etag of ["invented", "other", "refused"]) {
      expect(values.judge("a", { status: 200, etag })).toContain(`a value that nobody wrote: ${etag}`);
    }
    expect(values.judge("a", { status: 200 })).toContain("no ETag");
    expect(values.judge("c", { status: 200, etag: "one" })).toContain("nobody ever wrote");
  });

  it("keeps a value whose second writing is refused", () => {
    const values = new KnownValues();
    write(values, put("a", "one", 1));
    write(values, put("a", "one", 2, { outcome: "refused" }));

    expect(values.judge("a", { status: 200, etag: "one" })).toBeUndefined();
  });

  it.each([403, 404])("is nothing (%i) only once a delete may have been applied", (status) => {
    const values = new KnownValues();
    write(values, put("a", "one", 1));

    expect(values.judge("a", { status })).toContain(String(status));
    write(values, { ...put("a", "", 2), operation: "delete", etag: undefined, outcome: "refused" });
    expect(values.judge("a", { status })).toContain(String(status));
    write(values, { ...put("a", "", 3), operation: "delete", etag: undefined, outcome: "unknown" });
    expect(values.judge("a", { status })).toBeUndefined();
  });

  it.each([500, 503, 521, 304])("is never status %i", (status) => {
    const values = new KnownValues();
    write(values, put("a", "one", 1));

    expect(values.judge("a", { status, etag: "one" })).toBe(`status ${status}`);
  });
});

describe("the keys that readers are offered", () => {
  it("are those that both stores hold: acknowledged before a sync point, and never deleted since", () => {
    const values = new KnownValues();
    write(values, put("early", "1", 10));
    write(values, put("late", "2", 30));
    write(values, put("excepted", "3", 10));
    write(values, put("unknown", "4", 10, { outcome: "unknown" }));
    write(values, put("large", "5", 10, { bytes: 1e6 }));
    expect(values.readables()).toEqual([]);

    values.markReplicated(20, ["excepted"]);
    expect(values.readables()).toEqual(["early"]);

    values.markReplicated(40);
    expect([...values.readables()].sort()).toEqual(["early", "excepted", "late"]);

    values.sendingDelete("early");
    expect(values.readable("early")).toBe(false);
    expect([...values.readables()].sort()).toEqual(["excepted", "late"]);
  });

  it("may be overwritten where nothing would be overtaken", () => {
    const values = new KnownValues();
    write(values, put("a", "1", 10));
    write(values, put("b", "2", 10, { outcome: "unknown" }));

    expect(values.mayOverwrite("a", "primary")).toBe(true);
    expect(values.mayOverwrite("a", "secondary")).toBe(false);
    expect(values.mayOverwrite("b", "primary")).toBe(false);
    values.markReplicated(20);
    expect(values.mayOverwrite("a", "secondary")).toBe(true);
    write(values, put("a", "3", 25, { outcome: "unknown" }));
    expect(values.mayOverwrite("a", "secondary")).toBe(false);
    values.sendingDelete("a");
    expect(values.mayOverwrite("a", "primary")).toBe(false);
  });

  it("agree with a plain recount after any history", () => {
    const step = fc.record({
      key: fc.constantFrom("a", "b", "c", "d", "e", "f"),
      kind: fc.constantFrom("put", "put", "put", "replicated", "replicated", "delete"),
      outcome: fc.constantFrom("acknowledged", "unknown", "refused"),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60, size: "max" }), (steps) => {
        const values = new KnownValues();
        const acknowledged = new Set<string>();
        const replicated = new Set<string>();
        const deleted = new Set<string>();
        steps.forEach(({ key, kind, outcome }, end) => {
          if (kind === "replicated") {
            values.markReplicated(end);
            for (const known of acknowledged) replicated.add(known);
            return;
          }
          const operation = kind === "put" ? "put" : "delete";
          write(values, put(key, `${end}`, end, { operation, outcome: outcome as WriteDone["outcome"] }));
          if (operation === "put" && outcome === "acknowledged") acknowledged.add(key);
          if (operation === "delete" && outcome !== "refused") deleted.add(key);
        });
        expect([...values.readables()].sort()).toEqual(
          [...replicated].filter((key) => !deleted.has(key)).sort(),
        );
      }),
      { seed: 21, numRuns: 300 },
    );
  });
});

describe("the outcome of a write that was not acknowledged", () => {
  const answered = (httpStatusCode: number) =>
    Object.assign(new Error("answered"), { $metadata: { httpStatusCode } });
  const broken = (code: string) => Object.assign(new Error("broken"), { code });

  it.each([
    ["a refusal", answered(403), "refused"],
    ["a failed condition", answered(412), "refused"],
    ["503", answered(503), "refused"],
    ["500", answered(500), "unknown"],
    ["504", answered(504), "unknown"],
    ["nobody listening", broken("ECONNREFUSED"), "refused"],
    ["a cut connection", broken("ECONNRESET"), "unknown"],
    ["a time-out", Object.assign(new Error("aborted"), { name: "AbortError" }), "unknown"],
    ["what is no error", "odd", "unknown"],
  ] as const)("%s is as it must be", (_, error, outcome) => {
    expect(failedWrite(error).outcome).toBe(outcome);
  });
});

describe("the writer's gate", () => {
  const limits = { holdMilliseconds: 20, fenceMilliseconds: 110 };
  const says = (active: StoreName, writesPaused = false): Marker => ({ active, writesPaused });

  it("opens on the first reading, and closes when that is too old", () => {
    const state = observe(UNDECIDED, { readAt: 100, marker: says("primary") }, limits);

    expect(writableStore(UNDECIDED, 100, limits)).toBeUndefined();
    expect(writableStore(state, 119, limits)).toBe("primary");
    expect(writableStore(state, 120, limits)).toBeUndefined();
  });

  it("stays closed for the fence after the store has changed, pause or no pause", () => {
    let state = observe(UNDECIDED, { readAt: 0, marker: says("primary") }, limits);
    state = observe(state, { readAt: 15, marker: says("secondary", true) }, limits);
    state = observe(state, { readAt: 110, marker: says("secondary") }, limits);

    expect(writableStore(state, 124, limits)).toBeUndefined();
    expect(writableStore(state, 125, limits)).toBe("secondary");
  });

  it("takes a long blindness for a change", () => {
    let state = observe(UNDECIDED, { readAt: 0, marker: says("primary") }, limits);
    state = observe(state, { readAt: 50, marker: undefined }, limits);
    state = observe(state, { readAt: 111, marker: says("primary") }, limits);

    expect(writableStore(state, 111, limits)).toBeUndefined();
    state = observe(state, { readAt: 221, marker: says("primary") }, limits);
    expect(writableStore(state, 221, limits)).toBe("primary");
  });

  it("lets nobody write to a store other than the marker named lately and throughout the fence", () => {
    const reading = fc.record({
      pause: fc.integer({ min: 1, max: 40 }),
      marker: fc.option(fc.record({ active: fc.constantFrom(...STORE_NAMES), writesPaused: fc.boolean() }), {
        nil: undefined,
      }),
    });
    fc.assert(
      fc.property(fc.array(reading, { maxLength: 40, size: "max" }), (readings) => {
        let state: GateState = UNDECIDED;
        let now = 0;
        const good: { readonly at: number; readonly marker: Marker }[] = [];
        for (const { pause, marker } of readings) {
          now += pause;
          state = observe(state, { readAt: now, marker }, limits);
          if (marker) good.push({ at: now, marker });
          const store = writableStore(state, now, limits);
          if (store === undefined) continue;
          const newest = good.at(-1);
          expect(newest?.marker).toEqual(says(store));
          expect(now - (newest?.at ?? Number.NEGATIVE_INFINITY)).toBeLessThan(limits.holdMilliseconds);
          // Since the fence began, nothing was read that named the other store; unless it was never named at all.
          const other = good.findLast((entry) => entry.marker.active !== store);
          const sinceOther = good.find((entry) => other !== undefined && entry.at > other.at);
          expect(now - (sinceOther?.at ?? Number.NEGATIVE_INFINITY)).toBeGreaterThanOrEqual(
            limits.fenceMilliseconds,
          );
        }
      }),
      { seed: 22, numRuns: 500 },
    );
  });
});

describe("seeded random numbers", () => {
  it("are the same for a seed, within their bounds, and spread over them", () => {
    const draw = (seed: number) => {
      const random = seededRandom(seed);
      return Array.from({ length: 2000 }, () => random.whole(3, 12));
    };

    expect(draw(1)).toEqual(draw(1));
    expect(draw(1)).not.toEqual(draw(2));
    expect(new Set(draw(1))).toEqual(new Set([3, 4, 5, 6, 7, 8, 9, 10, 11, 12]));
  });
});
