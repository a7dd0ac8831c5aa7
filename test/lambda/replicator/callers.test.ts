import { describe, expect, it } from "@jest/globals";
import { EPOCH_KEY, HEALTH_KEY, LEASE_KEY, PROGRESS_KEY, STATE_PREFIX } from "../../../contract/state-keys";
import { DEFAULT_DELETE_POLICY } from "../../../lambda/replicator/delete-policy";
import type { KeyRange } from "../../../lambda/replicator/key-reader";
import { kinds, ReplicatedPair, storeError } from "../../support/replicated-pair";

const outcomes = (settled: ReadonlyMap<string, { readonly outcome: string }>) =>
  [...settled].map(([key, { outcome }]) => `${outcome} ${key}`).toSorted();
const changes = (pair: ReplicatedPair) =>
  pair.requests.filter((request) =>
    /^\w+ (put|delete|createUpload|completeUpload|abortUpload)/.test(request),
  );

describe("single keys (rules 5 to 7, 13)", () => {
  it("are made equal, and nothing else is looked at or saved", async () => {
    const pair = await ReplicatedPair.replicated();
    const progress = pair.body("secondary", PROGRESS_KEY);
    for (const key of ["a", "c", "d"]) pair.write("primary", key, `${key}2`);
    const { outcome, settled } = await pair.runKeys(["a", "c"]);
    expect([outcome, ...outcomes(settled)]).toEqual(["done", "copied a", "copied c"]);
    expect(pair.body("secondary", "d")).toBeUndefined();
    expect(pair.puts).toEqual(["secondary a", "secondary c"]);
    expect(pair.body("secondary", PROGRESS_KEY)).toBe(progress);
  });

  it("may be named twice, in any order, and long after what they tell of", async () => {
    const pair = await ReplicatedPair.replicated();
    pair.write("primary", "a", "a2");
    pair.delete("primary", "b");
    pair.write("primary", "b", "b2");
    expect(
      outcomes((await pair.runKeys(["b", "a", "b", "a", "b"])).settled).map((one) => one.slice(-1)),
    ).toEqual(["a", "b"]);
    expect([pair.body("secondary", "a"), pair.body("secondary", "b")]).toEqual(["a2", "b2"]);
    expect(pair.stack("secondary", "a")).toHaveLength(2);
    expect(outcomes((await pair.runKeys(["a", "b"])).settled)).toEqual(["unchanged a", "unchanged b"]);
  });

  it("are never deleted, when an overwrite and a deletion come in whatever order", async () => {
    const pair = await ReplicatedPair.replicated();
    pair.write("primary", "a", "a2");
    pair.delete("primary", "a");
    expect(outcomes((await pair.runKeys(["a"])).settled)).toEqual(["unchanged a"]);
    expect(pair.body("secondary", "a")).toBe("a1");
    expect(changes(pair)).toEqual([]);
    expect(await pair.run()).toMatchObject({ removed: 1 });
  });

  it("are left out where they are replication's own, and unchanged where nobody has them", async () => {
    const pair = await ReplicatedPair.replicated();
    pair.write("primary", HEALTH_KEY, "x");
    const keys = [HEALTH_KEY, PROGRESS_KEY, `${STATE_PREFIX}x`, "nowhere"];
    expect(outcomes((await pair.runKeys(keys)).settled)).toEqual(["unchanged nowhere"]);
    expect(changes(pair)).toEqual([]);
  });

  it("that were not begun in time are not among those that were settled", async () => {
    const pair = await ReplicatedPair.replicated();
    expect(await pair.runKeys(["a", "b"], { budgetMilliseconds: 0 })).toMatchObject({
      outcome: "done",
      settled: new Map(),
    });
  });

  it("are not touched without a marker, nor when a store fails for good", async () => {
    const pair = await ReplicatedPair.replicated();
    pair.write("primary", "a", "a2");
    pair.marker.marker = undefined;
    expect(await pair.runKeys(["a"])).toMatchObject({ outcome: "stopped", reason: "resolvers disagree" });
    pair.flip("primary");
    pair.intercept = (_store, operation, key) => {
      if (operation === "head" && key === "a") throw storeError("unreachable");
    };
    expect(outcomes((await pair.runKeys(["a", "b"])).settled)).toEqual(["failed a", "unchanged b"]);
  });

  it("may be settled while a sweep is under way: no lease is asked", async () => {
    const pair = await ReplicatedPair.replicated();
    pair.write("primary", "a", "a2");
    const expires = new Date(pair.clock.monotonic() + 900_000).toISOString();
    pair.write("secondary", LEASE_KEY, JSON.stringify({ owner: "a sweep", expires }));
    expect(outcomes((await pair.runKeys(["a"])).settled)).toEqual(["copied a"]);
  });
});

describe("ranges of the key space (rule 14)", () => {
  const RANGES: readonly KeyRange[] = [
    { upto: "c" },
    { after: "c", upto: "c/x" },
    { after: "c/x", upto: "e" },
    { after: "e" },
  ];
  const KEYS = ["a", "c", "c!", "c/x", "c/y", "d", "e", "f", "😀", "\uFFFD"];

  it("cover all keys between them, and each key once", async () => {
    const pair = new ReplicatedPair();
    for (const key of KEYS) pair.write("primary", key, key);
    let listed = 0;
    for (const range of RANGES) {
      const report = await pair.runRange(range);
      expect(report.outcome).toBe("clean");
      expect(report.remainder).toBeUndefined();
      listed += report.listed;
    }
    expect(listed).toBe(KEYS.length);
    expect(KEYS.filter((key) => pair.body("secondary", key) !== key)).toEqual([]);
    expect(await pair.run()).toMatchObject({ outcome: "clean", copied: 0 });
  });

  it("leave what time does not allow as a remainder, until there is none", async () => {
    const pair = new ReplicatedPair();
    for (const key of KEYS) pair.write("primary", key, key);
    pair.intercept = (_store, operation, key) => {
      if (operation === "get" && key !== undefined && KEYS.includes(key)) pair.clock.advance(1000);
    };
    const limits = { smallAtFirst: 1, smallAtMost: 1 };
    let range: KeyRange | undefined = { after: "a", upto: "e" };
    const reports = [];
    while (range !== undefined && reports.length < 10) {
      const report: Awaited<ReturnType<ReplicatedPair["runRange"]>> = await pair.runRange(range, {
        budgetMilliseconds: 2500,
        limits,
      });
      reports.push(report);
      range = report.remainder;
      if (range) expect(range.upto).toBe("e");
    }
    expect(reports.map(({ outcome }) => outcome)).toEqual(["incomplete", "clean"]);
    expect(reports.reduce((sum, { copied }) => sum + copied, 0)).toBe(6);
    expect(pair.body("secondary", "f")).toBeUndefined();
  });

  it("save nothing and take no lease, and tell when they began", async () => {
    const pair = new ReplicatedPair();
    pair.write("primary", "a", "a");
    const report = await pair.runRange({ upto: "b" });
    expect(Date.parse(report.began ?? "")).toBeLessThanOrEqual(pair.clock.monotonic());
    expect([PROGRESS_KEY, LEASE_KEY].map((key) => pair.body("secondary", key))).toEqual([
      undefined,
      undefined,
    ]);
  });

  it("delete nothing, else what one run may delete would be multiplied by their number; a sweep decides", async () => {
    const pair = await ReplicatedPair.replicated();
    for (const key of ["a", "b"]) pair.delete("primary", key);
    for (const range of [{ upto: "a" }, { after: "a" }]) {
      const report = await pair.runRange(range);
      expect(report).toMatchObject({ removed: 0, exceptionCounts: { withheld: 1 } });
      expect(report.remainder).toBeUndefined();
    }
    const deletes = { ...DEFAULT_DELETE_POLICY, mostKeys: 1 };
    expect(await pair.run({ deletes })).toMatchObject({ removed: 0, exceptionCounts: { withheld: 2 } });
    expect(await pair.run()).toMatchObject({ outcome: "clean", removed: 2 });
  });

  it("report what is deleted as stray where deletions are switched off", async () => {
    const pair = await ReplicatedPair.replicated();
    pair.delete("primary", "a");
    const deletes = { ...DEFAULT_DELETE_POLICY, mode: "off" as const };
    expect(kinds(await pair.runRange({}, { deletes }))).toEqual(["stray a"]);
  });

  it("tell how many keys differ where listings do not show it", async () => {
    const pair = await ReplicatedPair.replicated();
    pair.write("primary", "c", "same", { cacheControl: "no-cache", metadata: {} });
    pair.write("secondary", "c", "same");
    expect(await pair.runRange({ upto: "b" })).toMatchObject({ unchanged: 2, suspects: 0 });
    expect(await pair.runRange({ after: "b" })).toMatchObject({
      suspects: 1,
      exceptionCounts: { conflict: 1 },
    });
  });
});

describe("by hand (rules 3, 7, 13)", () => {
  it("works in the direction that is named, whatever the marker says", async () => {
    const pair = new ReplicatedPair();
    pair.marker.marker = undefined;
    pair.write("primary", "a", "a1");
    expect(await pair.sync()).toMatchObject({ outcome: "clean", copied: 1 });
    expect(pair.body("secondary", "a")).toBe("a1");
    expect(pair.marker.reads).toBe(0);
  });

  it("changes nothing at all in a dry run, and says what it would do", async () => {
    const pair = await ReplicatedPair.replicated();
    pair.write("primary", "a", "a2");
    pair.writeParts("primary", "c", ["c1", "c2"]);
    pair.write("primary", "x//y", "odd");
    pair.delete("primary", "b");
    const report = await pair.sync({ dryRun: true });
    expect(report).toMatchObject({ outcome: "clean", dryRun: true, copied: 3, removed: 1 });
    expect(changes(pair)).toEqual([]);

    const fresh = new ReplicatedPair();
    fresh.write("primary", "a", "a1");
    const looked = await fresh.sync({ dryRun: true });
    expect(looked).toMatchObject({ copied: 1, copiedBytes: 2 });
    // Nothing was made equal up to any point.
    expect(looked.syncPoint).toBeUndefined();
    expect(changes(fresh)).toEqual([]);
  });

  it("reads from a source that may not be written, and knows it again by its address", async () => {
    const pair = new ReplicatedPair();
    pair.intercept = (store, operation) => {
      if (store === "primary" && operation === "put") throw storeError("access-denied");
    };
    pair.write("primary", "a", "a1");
    const address = { sourceAddress: "https://s3.example.com/assets" };
    expect(await pair.sync(address)).toMatchObject({ outcome: "clean", copied: 1 });
    pair.write("primary", "a", "a2");
    expect(await pair.sync(address)).toMatchObject({ copied: 1, exceptions: [] });
    pair.write("primary", "a", "a3");
    // From elsewhere, the replica is somebody else's object.
    expect(kinds(await pair.sync({ sourceAddress: "https://other.example.com/assets" }))).toEqual([
      "conflict a",
    ]);
  });

  it("keeps to keys that begin with a prefix, deletions too", async () => {
    const pair = new ReplicatedPair();
    for (const key of ["images/a", "images/b", "text/a"]) pair.write("primary", key, key);
    await pair.sync();
    for (const key of ["images/a", "text/a"]) pair.delete("primary", key);
    pair.write("primary", "text/b", "b");
    expect(await pair.sync({ prefix: "images/" })).toMatchObject({ outcome: "clean", copied: 0, removed: 1 });
    expect(pair.body("secondary", "text/a")).toBe("text/a");
    expect(pair.body("secondary", "text/b")).toBeUndefined();
  });

  it("ends soon when it is interrupted, and goes on there", async () => {
    const pair = new ReplicatedPair();
    for (let index = 0; index < 9; index += 1) pair.write("primary", `key-${index}`, "x");
    const abort = new AbortController();
    pair.intercept = (_store, operation, key) => {
      if (operation === "get" && key === "key-4") abort.abort();
    };
    const limits = { smallAtFirst: 1, smallAtMost: 1 };
    // One waits for its turn by then, and is not begun any more.
    const first = await pair.sync({ signal: abort.signal, limits });
    expect(first).toMatchObject({ outcome: "incomplete", copied: 5, checkpoint: "key-4" });
    pair.intercept = () => undefined;
    expect(await pair.sync({ limits })).toMatchObject({ outcome: "clean", copied: 4 });
  });

  it("places nothing after it was interrupted, and everything when it goes on", async () => {
    const pair = await ReplicatedPair.replicated();
    pair.delete("primary", "a");
    const abort = new AbortController();
    pair.intercept = (store, operation, key) => {
      if (store === "primary" && operation === "versions" && key === "a") abort.abort();
    };
    expect(await pair.sync({ signal: abort.signal })).toMatchObject({ outcome: "incomplete", removed: 0 });
    expect(pair.body("secondary", "a")).toBe("a1");
    pair.intercept = () => undefined;
    expect(await pair.sync()).toMatchObject({ outcome: "clean", removed: 1 });
  });

  it.each([
    ["was active for a while", ["primary", "secondary", "primary"]],
    ["is active", ["secondary"]],
  ] as const)("brings nothing back that was deleted on a destination that %s", async (_what, actives) => {
    const pair = new ReplicatedPair();
    pair.write("primary", "a", "a1");
    pair.write("secondary", "b", "b1");
    for (const active of actives) {
      pair.flip(active);
      await pair.run();
    }
    // The primary's object, and its replica.
    await pair.sync();
    expect(pair.body("secondary", "a")).toBe("a1");
    pair.delete("secondary", "a");
    expect(kinds(await pair.sync())).toContain("deleted a");
    expect(pair.body("secondary", "a")).toBeUndefined();
  });

  it("begins anew when the active store has changed since it was interrupted", async () => {
    const pair = await ReplicatedPair.replicated();
    const abort = new AbortController();
    for (const key of ["a", "b", "c"]) pair.write("primary", key, `${key}2`);
    pair.intercept = (_store, operation, key) => {
      if (operation === "get" && key === "a") abort.abort();
    };
    const limits = { smallAtFirst: 1, smallAtMost: 1 };
    expect((await pair.sync({ signal: abort.signal, limits })).checkpoint).toBeDefined();
    pair.intercept = () => undefined;
    for (const active of ["secondary", "primary"] as const) {
      pair.flip(active);
      await pair.run({ budgetMilliseconds: 0 });
    }
    pair.write("primary", "a", "a3");
    await pair.sync();
    expect(pair.body("secondary", "a")).toBe("a3");
  });

  it("keeps progress of its own, and leaves that of the sweeps alone", async () => {
    const pair = await ReplicatedPair.replicated();
    const before = [PROGRESS_KEY, EPOCH_KEY].map((key) => pair.body("secondary", key));
    pair.write("primary", "c", "c1");
    await pair.sync();
    expect([PROGRESS_KEY, EPOCH_KEY].map((key) => pair.body("secondary", key))).toEqual(before);
  });

  it("yields to a sweep that is under way", async () => {
    const pair = await ReplicatedPair.replicated();
    const expires = new Date(pair.clock.monotonic() + 900_000).toISOString();
    pair.write("secondary", LEASE_KEY, JSON.stringify({ owner: "a sweep", expires }));
    expect((await pair.sync()).outcome).toBe("yielded");
  });

  it("changes nothing once its permission is withdrawn", async () => {
    const pair = new ReplicatedPair();
    for (const key of ["a", "b", "c"]) pair.write("primary", key, key);
    let asked = 0;
    const confirm = () => {
      asked += 1;
      return asked > 3 ? Promise.reject(storeError("access-denied")) : Promise.resolve();
    };
    await pair.sync({ confirm, limits: { smallAtFirst: 1, smallAtMost: 1 } });
    expect(changes(pair).filter((request) => !request.includes(STATE_PREFIX)).length).toBeLessThan(3);
  });
});
