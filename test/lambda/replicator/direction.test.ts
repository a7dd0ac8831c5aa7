import { describe, expect, it } from "@jest/globals";
import { EPOCH_KEY, STATE_PREFIX } from "../../../contract/state-keys";
import { STORE_NAMES, type StoreName } from "../../../contract/stores";
import { DirectionGuard } from "../../../lambda/replicator/direction-guard";
import {
  kinds,
  ReplicatedPair,
  SettableMarker,
  storeError,
  VirtualClock,
} from "../../support/replicated-pair";

/** A run from here places a marker, ends an upload, tries the standby, and copies objects of each kind. */
async function withEverythingToDo(): Promise<ReplicatedPair> {
  const pair = await ReplicatedPair.replicated();
  pair.writeParts("primary", "left", ["one ", "two"]);
  pair.intercept = (_store, operation) => {
    if (operation === "completeUpload") throw storeError("unreachable");
  };
  await pair.run();
  pair.delete("primary", "left");
  pair.delete("primary", "a");
  pair.write("primary", "b", "b2");
  pair.write("primary", "no date", "x", { expires: "0", metadata: {} });
  pair.write("primary", "tagged", "x", undefined, { team: "web" });
  pair.writeParts(
    "primary",
    "parts",
    Array.from({ length: 12 }, (_, index) => `part ${index} `),
  );
  return pair;
}

describe("the marker (rule 1)", () => {
  it("decides the direction, whatever is where", async () => {
    const pair = new ReplicatedPair();
    pair.write("secondary", "only-here", "s");
    pair.flip("secondary");
    const report = await pair.run();
    expect(report).toMatchObject({ outcome: "clean", source: "secondary", destination: "primary" });
    expect(pair.body("primary", "only-here")).toBe("s");
  });

  it("stops the run before any request when it cannot be read", async () => {
    const pair = new ReplicatedPair();
    pair.write("primary", "a", "a1");
    pair.marker.marker = undefined;
    const report = await pair.run();
    expect(report).toMatchObject({ outcome: "stopped", reason: "resolvers disagree" });
    expect(pair.requests).toEqual([]);
  });

  it.each([
    ["changes", { active: "secondary", writesPaused: false } as const],
    ["can no longer be read", undefined],
  ])("stops every mutation once a reading is too old and it %s", async (_what, later) => {
    const pair = new ReplicatedPair();
    for (let index = 0; index < 10; index += 1) pair.write("primary", `key-${index}`, "body");
    pair.intercept = (_store, operation, key) => {
      if (operation !== "get" || key !== "key-4") return;
      pair.marker.marker = later;
      pair.clock.advance(20_000);
      pair.requests.push("— lost —");
    };
    const report = await pair.run({ limits: { smallAtFirst: 1, smallAtMost: 1 } });
    expect(report.outcome).toBe("stopped");
    expect(pair.puts).toEqual(["secondary key-0", "secondary key-1", "secondary key-2", "secondary key-3"]);
    // Not even its own state: neither progress nor the end of its lease.
    const since = pair.requests.slice(pair.requests.indexOf("— lost —"));
    expect(since.filter((request) => / (put|delete) /.test(request))).toEqual([]);
  });

  it("lets no mutation start once it has changed, whichever request was under way then", async () => {
    const mutates = / (put|putTags|delete|createUpload|uploadPart|completeUpload|abortUpload) /;
    let stopped = 0;
    for (let at = 1; ; at += 1) {
      const pair = await withEverythingToDo();
      let asked = 0;
      pair.intercept = () => {
        asked += 1;
        if (asked !== at) return;
        pair.flip("secondary");
        pair.clock.advance(20_000);
        pair.requests.push("— lost —");
      };
      const { outcome } = await pair.run({ limits: { smallAtFirst: 1, smallAtMost: 1 } });
      const lost = pair.requests.indexOf("— lost —");
      if (lost === -1) break;
      const since = pair.requests.slice(lost).filter((request) => mutates.test(request));
      // Parts that are sent side by side may have been about to start.
      const parts = since.filter((request) => request.includes(" uploadPart "));
      expect([at, since.filter((request) => !parts.includes(request))]).toEqual([at, []]);
      expect([at, parts.length <= 3]).toEqual([at, true]);
      if (outcome === "stopped") stopped += 1;
    }
    expect(stopped).toBeGreaterThan(50);
  });

  it("is read again, and the run goes on, when it still says the same", async () => {
    const pair = new ReplicatedPair();
    pair.write("primary", "a", "a1");
    pair.intercept = (_store, operation) => {
      if (operation === "get") pair.clock.advance(20_001);
    };
    expect((await pair.run()).outcome).toBe("clean");
    expect(pair.marker.reads).toBeGreaterThan(1);
  });

  it("counts from the moment it was asked for, however long its answer took", async () => {
    const clock = new VirtualClock();
    const marker = new SettableMarker();
    const read = async () => {
      const answer = await marker.read();
      clock.advance(15_000);
      return answer;
    };
    const guard = await DirectionGuard.begin({ read }, clock, 20_000);
    for (const reads of [1, 2]) {
      clock.advance(4_999);
      await guard.confirm();
      expect(marker.reads).toBe(reads);
      clock.advance(1);
      await guard.confirm();
      expect(marker.reads).toBe(reads + 1);
    }
  });

  it("does not stop replication while writers are paused", async () => {
    const pair = await ReplicatedPair.replicated();
    pair.marker.marker = { active: "primary", writesPaused: true };
    expect((await pair.run()).outcome).toBe("clean");
  });
});

describe("the epoch journal (rule 2)", () => {
  it("counts each change of the active store, on both stores", async () => {
    const pair = await ReplicatedPair.replicated();
    expect(JSON.parse(pair.body("primary", EPOCH_KEY) ?? "")).toMatchObject({ epoch: 1, active: "primary" });
    pair.flip("secondary");
    expect((await pair.run()).epoch).toBe(2);
    expect(pair.body("primary", EPOCH_KEY)).toBe(pair.body("secondary", EPOCH_KEY));
    expect((await pair.run()).epoch).toBe(2);
    pair.flip("primary");
    expect((await pair.run()).epoch).toBe(3);
  });

  it("makes watermark and sync point of another epoch void", async () => {
    const pair = await ReplicatedPair.replicated();
    pair.flip("secondary");
    await pair.run();
    pair.flip("primary");
    // Time ran out at once: nothing but the state of the first epoch could give a sync point.
    const report = await pair.run({ budgetMilliseconds: 0 });
    expect(report).toMatchObject({ outcome: "incomplete", epoch: 3, syncPoint: undefined });
  });

  it("stops where a store does not show the identity that was written to it", async () => {
    const pair = new ReplicatedPair();
    pair.intercept = (store, operation, key) => {
      if (pair.requests.length > 100) throw new Error("the run does not end");
      if (store === "secondary" && operation === "get" && key === `${STATE_PREFIX}store.json`)
        throw storeError("not-found");
    };
    const report = await pair.run();
    expect(report.outcome).toBe("stopped");
    expect(report.reason).toContain("was written, and cannot be read");
  });

  it("stops when a store is not the one that the journal is about", async () => {
    const pair = await ReplicatedPair.replicated();
    pair.write("secondary", `${STATE_PREFIX}store.json`, JSON.stringify({ id: "another-store" }));
    pair.write("primary", "c", "c1");
    const report = await pair.run();
    expect(report.outcome).toBe("stopped");
    expect(report.reason).toContain("replaced or restored");
    expect(pair.puts).toEqual([]);
  });

  it("stops when saved state is not understood", async () => {
    const pair = await ReplicatedPair.replicated();
    pair.write("secondary", EPOCH_KEY, "not json");
    expect(await pair.run()).toMatchObject({
      outcome: "stopped",
      reason: expect.stringContaining("not understood"),
    });
  });

  it("notes a flip on the store that answers, so that its undoing is noticed when the other is back", async () => {
    const pair = await ReplicatedPair.replicated();
    pair.flip("secondary");
    pair.intercept = (store) => {
      if (store === "primary") throw storeError("unreachable");
    };
    expect(await pair.run()).toMatchObject({ outcome: "stopped" });
    expect(JSON.parse(pair.body("secondary", EPOCH_KEY) ?? "")).toMatchObject({
      epoch: 2,
      active: "secondary",
    });
    pair.delete("secondary", "a");
    pair.flip("primary");
    pair.intercept = () => undefined;
    const report = await pair.run();
    expect(report.epoch).toBe(3);
    expect(kinds(report)).toEqual(["deleted a"]);
    expect(pair.body("secondary", "a")).toBeUndefined();
  });

  it("stops a run in which the active store changed and changed back", async () => {
    const pair = await ReplicatedPair.replicated();
    pair.write("primary", "c", "c1");
    let flipped = false;
    pair.intercept = async (store, operation, key) => {
      if (flipped || store !== "primary" || operation !== "get" || key !== "c") return;
      flipped = true;
      pair.flip("secondary");
      expect((await pair.run()).epoch).toBe(2);
      pair.flip("primary");
      expect((await pair.run()).epoch).toBe(3);
    };
    const report = await pair.run();
    expect(report).toMatchObject({ outcome: "stopped", epoch: 1 });
    expect(report.reason).toContain("epoch 3 began during the run");
  });

  it.each(["primary", "secondary"] as const)(
    "counts on where two runners wrote the same epoch for different stores, and the %s is active",
    async (active) => {
      const pair = await ReplicatedPair.replicated();
      const journal = JSON.parse(pair.body("primary", EPOCH_KEY) ?? "") as object;
      const write = (store: StoreName, says: StoreName) =>
        pair.write(store, EPOCH_KEY, JSON.stringify({ ...journal, epoch: 2, active: says }));
      write("primary", "secondary");
      write("secondary", "primary");
      pair.flip(active);
      expect(await pair.run()).toMatchObject({ outcome: "clean", epoch: 3, source: active });
      expect(pair.body("primary", EPOCH_KEY)).toBe(pair.body("secondary", EPOCH_KEY));
    },
  );

  it("stops a run whose journal has gone meanwhile", async () => {
    const pair = await ReplicatedPair.replicated();
    pair.write("primary", "a", "a2");
    pair.intercept = (_store, operation, key) => {
      if (operation !== "get" || key !== "a") return;
      for (const store of STORE_NAMES) pair.buckets[store].delete(EPOCH_KEY);
      pair.clock.advance(20_000);
    };
    const report = await pair.run();
    expect(report).toMatchObject({ outcome: "stopped", copied: 0 });
    expect(report.reason).toContain("epoch none");
    expect(pair.body("secondary", "a")).toBe("a1");
  });

  it("gives way to another runner that writes the journal at the same moment", async () => {
    const pair = await ReplicatedPair.replicated();
    pair.flip("secondary");
    const journal = JSON.parse(pair.body("primary", EPOCH_KEY) ?? "") as object;
    let raced = false;
    pair.intercept = (store, operation, key) => {
      if (raced || store !== "primary" || operation !== "put" || key !== EPOCH_KEY) return;
      raced = true;
      pair.write(
        "primary",
        EPOCH_KEY,
        JSON.stringify({ ...journal, epoch: 2, active: "secondary", by: "flip" }),
      );
    };
    const report = await pair.run();
    expect(raced).toBe(true);
    expect(report).toMatchObject({ outcome: "clean", epoch: 2 });
    expect(JSON.parse(pair.body("primary", EPOCH_KEY) ?? "")).toMatchObject({ epoch: 2, by: "flip" });
  });
});
