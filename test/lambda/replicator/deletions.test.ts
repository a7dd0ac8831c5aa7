import { describe, expect, it } from "@jest/globals";
import { DEFAULT_DELETE_POLICY } from "../../../lambda/replicator/delete-policy";
import { kinds, ReplicatedPair, storeError } from "../../support/replicated-pair";

const POLICY = DEFAULT_DELETE_POLICY;

const deletes = (pair: ReplicatedPair) => pair.requests.filter((request) => request.includes(" delete"));

describe("absence on the destination (rule 6)", () => {
  it("does not bring back what was deleted on the destination before the flip", async () => {
    const pair = await ReplicatedPair.replicated();
    pair.delete("primary", "a");
    pair.flip("secondary");
    expect(kinds(await pair.run())).toEqual(["deleted a"]);
    expect(pair.body("primary", "a")).toBeUndefined();
  });

  it("does not bring back what was written again with the same content, replicated, and then deleted", async () => {
    const pair = await ReplicatedPair.replicated();
    pair.write("primary", "a", "a1");
    await pair.run();
    pair.flip("secondary");
    pair.delete("secondary", "a");
    await pair.runWithoutDeletes();
    pair.flip("primary");
    expect(kinds(await pair.run())).toEqual(["deleted a"]);
    expect(pair.body("secondary", "a")).toBeUndefined();
  });

  it("does not bring back after the failback what was deleted while the secondary was active", async () => {
    const pair = await ReplicatedPair.replicated();
    pair.flip("secondary");
    pair.delete("secondary", "a");
    expect(kinds(await pair.runWithoutDeletes())).toEqual(["stray a"]);
    expect(pair.body("primary", "a")).toBe("a1");
    pair.flip("primary");
    expect(kinds(await pair.run())).toEqual(["deleted a"]);
    expect(pair.body("secondary", "a")).toBeUndefined();
  });

  it("copies what was written again after such a deletion", async () => {
    const pair = await ReplicatedPair.replicated();
    pair.flip("secondary");
    pair.delete("secondary", "a");
    await pair.run();
    pair.flip("primary");
    pair.write("primary", "a", "new life");
    expect(kinds(await pair.run())).toEqual([]);
    expect(pair.body("secondary", "a")).toBe("new life");
  });

  it("does not take for deleted what was there again when it was looked at", async () => {
    const pair = await ReplicatedPair.replicated();
    const [replica] = pair.buckets.secondary.stack("a");
    pair.flip("secondary");
    await pair.run();
    pair.delete("secondary", "a");
    pair.flip("primary");
    await pair.run({ budgetMilliseconds: 0 });
    pair.intercept = (store, operation, key) => {
      if (store !== "secondary" || operation !== "versions" || key !== "a") return;
      pair.intercept = () => undefined;
      // Somebody undoes the deletion.
      pair.buckets.secondary.delete("a", pair.buckets.secondary.stack("a")[0]?.versionId);
    };
    expect(await pair.run()).toMatchObject({ outcome: "clean", copied: 0, exceptions: [] });
    expect(pair.buckets.secondary.current("a")).toBe(replica);
  });

  it("needs two requests for a new object", async () => {
    const pair = await ReplicatedPair.replicated();
    pair.write("primary", "c", "c1");
    await pair.run();
    expect(pair.requests.filter((request) => request.endsWith(" c"))).toEqual([
      "primary get c",
      "secondary put c",
    ]);
  });
});

describe("absence on the source (rule 7)", () => {
  it("deletes with a delete marker what the source deleted, and leaves the version below it", async () => {
    const pair = await ReplicatedPair.replicated();
    pair.delete("primary", "a");
    expect(await pair.run()).toMatchObject({ outcome: "clean", removed: 1, exceptions: [] });
    expect(pair.stack("secondary", "a")).toEqual([
      expect.stringContaining("marker"),
      expect.stringContaining("a1"),
    ]);
    expect(await pair.run()).toMatchObject({ outcome: "clean", removed: 0, unchanged: 1 });
    expect(deletes(pair)).toEqual([]);
  });

  it("follows a deletion of what was overwritten before, and never replicated so", async () => {
    const pair = await ReplicatedPair.replicated();
    pair.write("primary", "a", "a2");
    pair.delete("primary", "a");
    expect(await pair.run()).toMatchObject({ removed: 1, exceptions: [] });
    expect(pair.body("secondary", "a")).toBeUndefined();
  });

  it("takes several delete markers on top for one deletion", async () => {
    const pair = await ReplicatedPair.replicated();
    for (let times = 0; times < 3; times += 1) pair.delete("primary", "a");
    expect(await pair.run()).toMatchObject({ removed: 1, exceptions: [] });
  });

  it("deletes an original whose replica was deleted in the reverse direction", async () => {
    const pair = await ReplicatedPair.replicated();
    pair.flip("secondary");
    await pair.run();
    pair.delete("secondary", "a");
    expect(await pair.run()).toMatchObject({ source: "secondary", removed: 1, exceptions: [] });
    expect(pair.body("primary", "a")).toBeUndefined();
  });

  it("does not delete what was written on the destination only, though the source deleted something there", async () => {
    const pair = await ReplicatedPair.replicated();
    pair.write("secondary", "a", "a stray write");
    pair.delete("primary", "a");
    expect(kinds(await pair.run())).toEqual(["stray a"]);
    expect(pair.body("secondary", "a")).toBe("a stray write");
  });

  it("does not delete an original that was overwritten before its deletion elsewhere", async () => {
    const pair = await ReplicatedPair.replicated();
    pair.write("primary", "a", "unreplicated");
    pair.flip("secondary");
    pair.delete("secondary", "a");
    expect(kinds(await pair.run())).toEqual(["stray a"]);
    expect(pair.body("primary", "a")).toBe("unreplicated");
  });

  it("deletes nothing where a delete marker has no version below it any more", async () => {
    const pair = await ReplicatedPair.replicated();
    const [version] = pair.buckets.primary.stack("a");
    pair.delete("primary", "a");
    pair.buckets.primary.delete("a", version?.versionId);
    expect(kinds(await pair.run())).toEqual(["stray a"]);
  });

  it("does not delete what a client of the destination restored, and does once that was replicated and deleted", async () => {
    const pair = await ReplicatedPair.replicated();
    const [replica] = pair.buckets.secondary.stack("a");
    pair.flip("secondary");
    pair.write("secondary", "a", "a2");
    pair.restore("secondary", "a", replica?.versionId ?? "");
    pair.delete("primary", "a");
    pair.flip("primary");
    expect(kinds(await pair.run())).toEqual(["stray a"]);
    expect(pair.body("secondary", "a")).toBe("a1");

    pair.flip("secondary");
    await pair.run();
    pair.flip("primary");
    await pair.run();
    pair.delete("primary", "a");
    expect(await pair.run()).toMatchObject({ removed: 1, exceptions: [] });
  });

  it("leaves alone what was written again on the source between proof and placement", async () => {
    const pair = await ReplicatedPair.replicated();
    pair.delete("primary", "a");
    pair.intercept = (store, operation, key) => {
      const isLast = store === "secondary" && operation === "list";
      if (isLast || key !== "a" || store !== "primary" || operation !== "versions") return;
      pair.write("primary", "a", "again");
    };
    // Its delete marker is no longer on top: that proves nothing now.
    expect(kinds(await pair.run())).toEqual(["stray a"]);
    expect(pair.stack("secondary", "a")).toHaveLength(1);
    pair.intercept = () => undefined;
    expect(await pair.run()).toMatchObject({ outcome: "clean", copied: 1 });
  });

  it("leaves alone what was written again on the source after it was proven, and says so", async () => {
    const pair = await ReplicatedPair.replicated();
    pair.delete("primary", "a");
    let looks = 0;
    pair.intercept = (store, operation, key) => {
      if (store !== "primary" || operation !== "head" || key !== "a") return;
      looks += 1;
      if (looks === 2) pair.write("primary", "a", "again");
    };
    const report = await pair.run();
    expect(report).toMatchObject({
      outcome: "failed",
      removed: 0,
      exceptions: [{ key: "a", kind: "failed" }],
    });
    expect(report.exceptions[0]?.reason).toContain("written again on the source");
    expect(pair.body("secondary", "a")).toBe("a1");
  });

  it("leaves alone what was overwritten on the destination after it was proven", async () => {
    const pair = await ReplicatedPair.replicated();
    pair.delete("primary", "a");
    pair.intercept = (store, operation, key) => {
      if (store === "secondary" && operation === "versions" && key === "a")
        pair.write("secondary", "a", "mine");
    };
    expect(kinds(await pair.run())).toEqual(["failed a"]);
    expect(pair.body("secondary", "a")).toBe("mine");
    expect(deletes(pair)).toEqual([]);
  });

  it("removes its marker by version id where a client's write came between the look and the marker", async () => {
    const pair = await ReplicatedPair.replicated();
    pair.delete("primary", "a");
    pair.intercept = (store, operation, key) => {
      if (
        store === "secondary" &&
        operation === "delete" &&
        key === "a" &&
        pair.body("secondary", "a") === "a1"
      )
        pair.write("secondary", "a", "mine");
    };
    const report = await pair.run();
    expect(kinds(report)).toEqual(["failed a"]);
    expect(report.exceptions[0]?.reason).toContain("the delete marker was removed again");
    expect(pair.stack("secondary", "a").map((version) => version.split(" ")[0])).toEqual(["mine", "a1"]);
    pair.intercept = () => undefined;
    expect(kinds(await pair.run())).toEqual(["stray a"]);
  });

  it("removes such a marker even when looking again fails at first", async () => {
    const pair = await ReplicatedPair.replicated();
    pair.delete("primary", "a");
    let failures = 0;
    pair.intercept = (store, operation, key) => {
      if (store !== "secondary" || key !== "a") return;
      if (operation === "delete" && pair.body("secondary", "a") === "a1")
        pair.write("secondary", "a", "mine");
      if (operation === "versions" && deletes(pair).length > 0 && failures < 2) {
        failures += 1;
        throw storeError("unreachable");
      }
    };
    expect(kinds(await pair.run())).toEqual(["failed a"]);
    expect(failures).toBe(2);
    expect(pair.body("secondary", "a")).toBe("mine");
  });

  it("tells of a marker on another version whose answer was lost: nobody knows whose it is", async () => {
    const pair = await ReplicatedPair.replicated();
    pair.delete("primary", "a");
    pair.intercept = (store, operation, key) => {
      if (store === "secondary" && operation === "delete" && key === "a")
        pair.write("secondary", "a", "mine");
    };
    pair.interceptAfter = (store, operation) => {
      if (store === "secondary" && operation === "delete") throw storeError("timeout");
    };
    const report = await pair.run();
    expect(kinds(report)).toEqual(["failed a"]);
    expect(report.exceptions[0]?.reason).toContain("stands on another version");
  });

  it("leaves its marker where it is when a client wrote above it", async () => {
    const pair = await ReplicatedPair.replicated();
    pair.delete("primary", "a");
    pair.interceptAfter = (store, operation) => {
      if (store === "secondary" && operation === "delete") pair.write("secondary", "a", "mine");
    };
    expect(await pair.run()).toMatchObject({ outcome: "clean", removed: 1, exceptions: [] });
    expect(deletes(pair)).toHaveLength(1);
    expect(pair.stack("secondary", "a").map((version) => version.split(" ")[0])).toEqual([
      "mine",
      "marker",
      "a1",
    ]);
  });

  it("does not look for a marker that somebody removed at once", async () => {
    const pair = await ReplicatedPair.replicated();
    pair.write("primary", "a", "a2");
    await pair.run();
    pair.delete("primary", "a");
    pair.interceptAfter = (store, operation) => {
      if (store === "secondary" && operation === "delete")
        pair.buckets.secondary.delete("a", pair.buckets.secondary.stack("a")[0]?.versionId);
    };
    expect(await pair.run()).toMatchObject({ outcome: "clean", exceptions: [] });
    expect(deletes(pair)).toHaveLength(1);
    expect(pair.body("secondary", "a")).toBe("a2");
  });

  it("places one marker where the answer to it was lost", async () => {
    const pair = await ReplicatedPair.replicated();
    pair.delete("primary", "a");
    pair.interceptAfter = (store, operation) => {
      if (store === "secondary" && operation === "delete") throw storeError("timeout");
    };
    expect(await pair.run()).toMatchObject({ outcome: "clean", exceptions: [] });
    expect(pair.stack("secondary", "a")).toHaveLength(2);
  });

  it("places none where the destination was deleted as well", async () => {
    const pair = await ReplicatedPair.replicated();
    pair.delete("primary", "a");
    pair.intercept = (store, operation, key) => {
      if (store === "primary" && operation === "versions" && key === "a") pair.delete("secondary", "a");
    };
    expect(await pair.run()).toMatchObject({ outcome: "clean", removed: 0, exceptions: [] });
    expect(pair.stack("secondary", "a")).toHaveLength(2);
  });

  it("starts none when the direction was lost after the proof", async () => {
    const pair = await ReplicatedPair.replicated();
    pair.delete("primary", "a");
    pair.intercept = (store, operation, key) => {
      if (store !== "primary" || operation !== "versions" || key !== "a") return;
      pair.flip("secondary");
      pair.clock.advance(20_001);
    };
    expect((await pair.run()).outcome).toBe("stopped");
    expect(deletes(pair)).toEqual([]);
  });

  it("reports a destination's refusal, and places the others", async () => {
    const pair = await ReplicatedPair.replicatedKeys(3);
    for (const key of ["key-0", "key-1"]) pair.delete("primary", key);
    pair.intercept = (_store, operation, key) => {
      if (operation === "delete" && key === "key-0") throw storeError("access-denied");
    };
    const report = await pair.run();
    expect(report).toMatchObject({ outcome: "failed", removed: 1 });
    expect(kinds(report)).toEqual(["failed key-0"]);
  });

  it("is no clean run when the destination fails for good while markers are placed", async () => {
    const pair = await ReplicatedPair.replicatedKeys(3);
    for (let index = 0; index < 3; index += 1) pair.delete("primary", `key-${index}`);
    pair.intercept = (_store, operation) => {
      if (operation === "delete") throw storeError("unreachable");
    };
    const report = await pair.run();
    expect(report).toMatchObject({ outcome: "failed", removed: 0, exceptionCounts: { failed: 3 } });
  });

  it("names every key when the destination fails so often that retries are used up", async () => {
    const pair = await ReplicatedPair.replicatedKeys(100);
    for (let index = 0; index < 100; index += 1) pair.delete("primary", `key-${index}`);
    pair.intercept = (_store, operation) => {
      if (operation === "delete") throw storeError("unreachable");
    };
    const report = await pair.run({ deletes: { ...POLICY, mostPercent: 100 } });
    expect(report).toMatchObject({ removed: 0, exceptionCounts: { failed: 100 } });
    expect(report.outcome).not.toBe("clean");
  });

  it("reports only, where deletions are switched off", async () => {
    const pair = await ReplicatedPair.replicated();
    pair.delete("primary", "a");
    const report = await pair.runWithoutDeletes();
    expect(report).toMatchObject({ outcome: "clean", removed: 0 });
    expect(report.exceptions[0]?.reason).toContain("switched off");
    expect(pair.body("secondary", "a")).toBe("a1");
  });

  it("proves nothing by a delete marker from before versioning was suspended on the source", async () => {
    const pair = await ReplicatedPair.replicated();
    pair.delete("primary", "a");
    pair.buckets.primary.versioning = "Suspended";
    expect(kinds(await pair.run())).toEqual(["stray a"]);
    expect(deletes(pair)).toEqual([]);
  });

  it.each(["primary", "secondary"] as const)(
    "never happens where the %s keeps no versions",
    async (store) => {
      const pair = await ReplicatedPair.replicated({ unversioned: [store] });
      pair.delete("primary", "a");
      const report = await pair.run();
      expect(report).toMatchObject({ outcome: "clean", removed: 0, unversioned: [store] });
      expect(kinds(report)).toEqual(["stray a"]);
      expect(pair.body("secondary", "a")).toBe("a1");
    },
  );
});

describe("the cap of deletions (rule 7)", () => {
  it.each([
    { keys: 40, deleted: 10, policy: POLICY, placed: true },
    { keys: 40, deleted: 11, policy: POLICY, placed: false },
    { keys: 200, deleted: 20, policy: POLICY, placed: true },
    { keys: 200, deleted: 21, policy: POLICY, placed: false },
    { keys: 40, deleted: 5, policy: { ...POLICY, mostKeys: 5 }, placed: true },
    { keys: 40, deleted: 6, policy: { ...POLICY, mostKeys: 5 }, placed: false },
    { keys: 40, deleted: 9, policy: { ...POLICY, mostKeys: 5 }, placed: false },
    { keys: 40, deleted: 1, policy: { ...POLICY, mostKeys: 0 }, placed: false },
    { keys: 40, deleted: 40, policy: { ...POLICY, mostPercent: 100 }, placed: true },
  ])("of $keys keys, $deleted deleted: all placed: $placed", async ({ keys, deleted, policy, placed }) => {
    const pair = await ReplicatedPair.replicatedKeys(keys);
    for (let index = 0; index < deleted; index += 1) pair.delete("primary", `key-${index}`);
    const report = await pair.run({ deletes: policy });
    expect(report).toMatchObject({
      outcome: placed ? "clean" : "failed",
      removed: placed ? deleted : 0,
      exceptionCounts: { withheld: placed ? 0 : deleted },
    });
    expect(deletes(pair)).toHaveLength(placed ? deleted : 0);
    if (!placed) expect(report.exceptions[0]?.reason).toContain(`as ${deleted} keys are`);
  });

  it("is a share of what the destination has, however much is new on the source", async () => {
    const pair = await ReplicatedPair.replicatedKeys(40);
    for (let index = 0; index < 11; index += 1) pair.delete("primary", `key-${index}`);
    for (let index = 0; index < 200; index += 1) pair.write("primary", `new-${index}`, "x");
    expect(await pair.run()).toMatchObject({ removed: 0, copied: 200, exceptionCounts: { withheld: 11 } });
  });

  it("holds in a pass of several runs for each of them, and all get their turn", async () => {
    const pair = await ReplicatedPair.replicatedKeys(30);
    for (const index of [1, 13, 29]) pair.delete("primary", `key-${index}`);
    for (let index = 0; index < 30; index += 2) pair.write("primary", `key-${index}`, "new");
    pair.intercept = (_store, operation, key) => {
      if (operation === "put" && key?.startsWith("key-")) pair.clock.advance(1000);
    };
    const limits = { smallAtFirst: 1, smallAtMost: 1 };
    let removed = 0;
    let runs = 0;
    for (let outcome = ""; outcome !== "clean" && runs < 20; runs += 1) {
      const report = await pair.run({ budgetMilliseconds: 4000, limits });
      removed += report.removed;
      outcome = report.outcome;
      expect(report.exceptions).toEqual([]);
    }
    expect(runs).toBeGreaterThan(2);
    expect(removed).toBe(3);
  });

  it("keeps so much time for deletions as they are expected to take, and the next run goes on there", async () => {
    const pair = await ReplicatedPair.replicatedKeys(60);
    for (let index = 0; index < 60; index += 1) pair.delete("primary", `key-${index}`);
    const deleting = { budgetMilliseconds: 1000, deletes: { ...POLICY, mostPercent: 100 } };
    const first = await pair.run({ ...deleting, limits: { smallAtFirst: 1, smallAtMost: 1 } });
    expect(first).toMatchObject({ outcome: "incomplete", exceptions: [] });
    expect(first.removed).toBeGreaterThan(10);
    expect(first.removed).toBeLessThan(40);
    pair.clock.advance(60_000);
    const second = await pair.run({ ...deleting, budgetMilliseconds: 600_000 });
    expect(first.removed + second.removed).toBe(60);
  });

  it.each([
    ["are switched off", { ...POLICY, mode: "off" as const }],
    ["are more than may be placed", { ...POLICY, mostKeys: 5 }],
  ])("keeps no time for deletions that %s", async (_what, policy) => {
    const pair = await ReplicatedPair.replicatedKeys(60);
    for (let index = 0; index < 60; index += 1) pair.delete("primary", `key-${index}`);
    const limits = { smallAtFirst: 1, smallAtMost: 1 };
    const report = await pair.run({ budgetMilliseconds: 1000, deletes: policy, limits });
    expect(report.checkpoint).toBeUndefined();
    expect(report).toMatchObject({ removed: 0, exceptions: { length: 60 } });
  });

  it("leaves to the next run what time does not allow, and that one begins there and does it", async () => {
    const pair = await ReplicatedPair.replicatedKeys(3);
    pair.delete("primary", "key-1");
    pair.intercept = (store, operation, key) => {
      if (store === "primary" && operation === "versions" && key === "key-1") pair.clock.advance(20_000);
    };
    const budgetMilliseconds = 5000;
    const first = await pair.run({ budgetMilliseconds });
    expect(first).toMatchObject({ outcome: "incomplete", removed: 0, checkpoint: "key-0", exceptions: [] });
    expect(await pair.run({ budgetMilliseconds })).toMatchObject({ removed: 1 });
  });

  it("lets a pass go on where every run is busy with copies until its end", async () => {
    const pair = await ReplicatedPair.replicatedKeys(10);
    pair.delete("primary", "key-0");
    pair.intercept = (_store, operation, key) => {
      // A large object each time, begun just before the run ends.
      if (operation === "get" && key?.startsWith("key-")) pair.clock.advance(30_000);
    };
    const checkpoints: (string | undefined)[] = [];
    for (let round = 0; round < 4; round += 1) {
      for (let index = 1; index < 10; index += 1) pair.write("primary", `key-${index}`, `round ${round}`);
      const limits = { smallAtFirst: 1, smallAtMost: 1 };
      checkpoints.push((await pair.run({ budgetMilliseconds: 50_000, limits })).checkpoint);
    }
    expect(pair.body("secondary", "key-0")).toBeUndefined();
    expect(checkpoints[1]).not.toBe(checkpoints[0]);
  });

  it("leaves to the next run what was found before the stores failed", async () => {
    const pair = await ReplicatedPair.replicatedKeys(300);
    pair.delete("primary", "key-0");
    for (let index = 100; index < 300; index += 1) pair.write("primary", `key-${index}`, "new");
    pair.intercept = (store, operation, key) => {
      if (store === "secondary" && operation === "put" && key?.startsWith("key-"))
        throw storeError("unreachable");
    };
    expect(await pair.run()).toMatchObject({ outcome: "stopped", removed: 0, checkpoint: "" });
    pair.intercept = () => undefined;
    // Of the same pass, in which keys have failed.
    expect(await pair.run()).toMatchObject({ outcome: "failed", removed: 1, exceptions: [] });
    expect(await pair.run()).toMatchObject({ outcome: "clean", removed: 0 });
  });
});
