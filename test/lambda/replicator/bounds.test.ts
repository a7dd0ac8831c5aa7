import { describe, expect, it } from "@jest/globals";
import { PROGRESS_KEY } from "../../../contract/state-keys";
import type { LastRun } from "../../../lambda/replicator/progress";
import { ReplicatedPair, storeError } from "../../support/replicated-pair";

describe("bounds (rule 13)", () => {
  it("stops before its deadline with a checkpoint, and the next run goes on from there", async () => {
    const pair = new ReplicatedPair();
    for (const key of ["a", "b", "c", "d", "e"]) pair.write("primary", key, key);
    pair.intercept = (_store, operation, key) => {
      if (operation === "get" && key?.length === 1) pair.clock.advance(1000);
    };
    const budgetMilliseconds = 2500;
    const limits = { smallAtFirst: 1, smallAtMost: 1 };
    const first = await pair.run({ budgetMilliseconds, limits });
    expect(first).toMatchObject({ outcome: "incomplete", syncPoint: undefined });
    const second = await pair.run({ limits });
    expect(second.outcome).toBe("clean");
    expect(first.copied + second.copied).toBe(5);
    expect(first.copied).toBeGreaterThan(0);
    expect(second.copied).toBeGreaterThan(0);
  });

  it("makes no further attempt once its deadline has passed, and leaves the key to the next run", async () => {
    const pair = new ReplicatedPair();
    for (const key of ["a", "b"]) pair.write("primary", key, key);
    const attempts: string[] = [];
    pair.intercept = (_store, operation, key) => {
      if (operation !== "put" || key?.length !== 1) return;
      attempts.push(key);
      pair.clock.advance(30_000);
      throw storeError("timeout");
    };
    const limits = { smallAtFirst: 1, smallAtMost: 1 };
    const first = await pair.run({ budgetMilliseconds: 40_000, limits });
    expect(first).toMatchObject({ outcome: "incomplete", exceptions: [], checkpoint: "" });
    expect(attempts).toEqual(["a", "a"]);
    pair.intercept = () => undefined;
    expect(await pair.run()).toMatchObject({ outcome: "clean", copied: 2 });
  });

  it("ends between two parts of an object that takes longer, and sends none of them twice", async () => {
    const pair = new ReplicatedPair();
    const parts = Array.from({ length: 30 }, (_, index) => `part ${index} `);
    pair.writeParts("primary", "a", parts);
    let sent = 0;
    pair.intercept = (_store, operation) => {
      if (operation !== "uploadPart") return;
      sent += 1;
      pair.clock.advance(10_000);
    };
    const outcomes: string[] = [];
    for (let run = 0; run < 10 && outcomes.at(-1) !== "clean"; run += 1) {
      const before = sent;
      outcomes.push((await pair.run({ budgetMilliseconds: 100_000 })).outcome);
      expect(sent - before).toBeLessThanOrEqual(14);
    }
    expect(outcomes).toEqual(["incomplete", "incomplete", "clean"]);
    expect([sent, pair.body("secondary", "a")]).toEqual([30, parts.join("")]);
    expect(pair.uploads("secondary")).toEqual([]);
  });

  it("leaves a deletion that it could not place in time to the next run", async () => {
    const pair = await ReplicatedPair.replicated();
    pair.write("primary", "0", "first");
    await pair.run();
    pair.delete("primary", "b");
    pair.intercept = (_store, operation, key) => {
      if (operation !== "delete" || key !== "b") return;
      pair.clock.advance(120_000);
      throw storeError("timeout");
    };
    expect(await pair.run({ budgetMilliseconds: 100_000 })).toMatchObject({
      outcome: "incomplete",
      removed: 0,
      exceptions: [],
      checkpoint: "a",
    });
    pair.intercept = () => undefined;
    expect(await pair.run()).toMatchObject({ outcome: "clean", removed: 1 });
  });

  it("tries again what may pass", async () => {
    const pair = new ReplicatedPair();
    pair.write("primary", "a", "a1");
    let failures = 0;
    pair.intercept = (_store, operation, key) => {
      if (operation !== "put" || key !== "a" || failures === 3) return;
      failures += 1;
      throw storeError("throttled");
    };
    expect(await pair.run()).toMatchObject({ outcome: "clean", copied: 1 });
  });

  it("comes past an object whose parts cannot be copied, and names it", async () => {
    const pair = new ReplicatedPair();
    pair.writeParts("primary", "a", ["one ", "two ", "three ", "four ", "five"]);
    for (const key of ["b", "c", "d"]) pair.write("primary", key, key);
    let attempts = 0;
    pair.intercept = (_store, operation) => {
      if (operation !== "uploadPart") return;
      attempts += 1;
      throw storeError("server-error");
    };
    const limits = { smallAtFirst: 1, smallAtMost: 1 };
    const report = await pair.run({ limits });
    expect(report).toMatchObject({ outcome: "failed", copied: 3, exceptionCounts: { failed: 1 } });
    expect(attempts).toBeLessThanOrEqual(20);
    pair.intercept = () => undefined;
    expect(await pair.run()).toMatchObject({ outcome: "clean", copied: 1 });
    expect(pair.uploads("secondary")).toEqual([]);
  });

  it("goes on though one attempt in five fails, and reports how often it tried again", async () => {
    const pair = new ReplicatedPair();
    for (let index = 0; index < 2000; index += 1) pair.write("primary", `key-${index}`, "x");
    let [requests, failures] = [0, 0];
    pair.intercept = (_store, operation, key) => {
      if (operation !== "put" || !key?.startsWith("key")) return;
      requests += 1;
      if (requests % 5 !== 0) return;
      failures += 1;
      throw storeError("unreachable");
    };
    expect(await pair.run()).toMatchObject({ outcome: "clean", copied: 2000, retries: failures });
    expect(failures).toBeGreaterThan(450);
  });

  it("reports no checkpoint that it could not save", async () => {
    const pair = new ReplicatedPair();
    for (let index = 0; index < 500; index += 1) pair.write("primary", `key-${index}`, "x");
    let puts = 0;
    pair.intercept = (store, operation, key) => {
      if (store !== "secondary" || operation !== "put") return;
      if (key?.startsWith("key")) puts += 1;
      if (puts > 100) throw storeError("unreachable");
    };
    const report = await pair.run();
    expect(report).toMatchObject({ outcome: "stopped", copied: 100 });
    expect(report.checkpoint).toBeUndefined();
  });

  it("ends and says why when a store does not answer", async () => {
    const pair = new ReplicatedPair();
    for (let index = 0; index < 500; index += 1) pair.write("primary", `key-${index}`, "x");
    pair.intercept = (store, operation, key) => {
      if (store === "secondary" && operation === "put" && key?.startsWith("key"))
        throw storeError("unreachable");
    };
    const report = await pair.run();
    expect(report).toMatchObject({ outcome: "stopped", copied: 0, syncPoint: undefined });
    expect(report.reason).toContain("too many requests fail");
    expect(pair.requests.length).toBeLessThan(1500);
  });

  it("ends when the source fails half way through its listing, and takes nothing for absent", async () => {
    const pair = new ReplicatedPair();
    for (let index = 0; index < 1500; index += 1) pair.write("primary", `key-${index}`, "x");
    await pair.run();
    let lists = 0;
    pair.intercept = (store, operation) => {
      if (store !== "primary" || operation !== "list") return;
      lists += 1;
      if (lists > 1) throw storeError("unreachable");
    };
    expect(await pair.run()).toMatchObject({ outcome: "stopped", exceptionCounts: { stray: 0 } });
  });

  it("keeps a checkpoint when the stores fail too often, and the next run goes on from there", async () => {
    const pair = new ReplicatedPair();
    const name = (index: number) => `key-${`${index}`.padStart(4, "0")}`;
    for (let index = 0; index < 400; index += 1) pair.write("primary", name(index), "x");
    pair.intercept = (store, operation, key) => {
      if (store === "secondary" && operation === "put" && key !== undefined && key >= name(100) && key < "l")
        throw storeError("unreachable");
    };
    const first = await pair.run({ limits: { smallAtFirst: 1, smallAtMost: 1 } });
    expect(first).toMatchObject({ outcome: "stopped", copied: 100 });
    // Some keys failed alone before the budget was used up; the pass goes on behind them.
    expect(first.checkpoint?.startsWith("key-01")).toBe(true);
    pair.intercept = () => undefined;
    const second = await pair.run();
    expect(pair.requests.some((request) => request === `secondary put ${name(50)}`)).toBe(false);
    expect(second.copied).toBeGreaterThan(250);
    await pair.run();
    expect(pair.body("secondary", name(101))).toBe("x");
  });

  it("leaves no key before its checkpoint undone, in whatever order keys failed", async () => {
    const pair = new ReplicatedPair();
    const name = (index: number) => `key-${`${index}`.padStart(4, "0")}`;
    const names = Array.from({ length: 1000 }, (_, index) => name(index));
    for (const key of names) pair.write("primary", key, "x");
    pair.intercept = async (store, operation, key) => {
      if (store !== "secondary" || operation !== "put" || key === undefined || key < name(20) || key > "l")
        return;
      // Later keys fail sooner.
      for (let turns = 40 - (Number(key.slice(-4)) % 40); turns > 0; turns -= 1) await Promise.resolve();
      throw storeError("unreachable");
    };
    const settled = new Set<string>();
    const { outcome, checkpoint = "" } = await pair.sync({ onSettled: (key) => settled.add(key) });
    expect(outcome).toBe("stopped");
    expect(settled.size).toBeLessThan(1000);
    expect(names.filter((key) => key <= checkpoint && !settled.has(key))).toEqual([]);
  });

  it("repeats what fails for a moment before the first key and after the last", async () => {
    let failing = 0;
    for (let at = 1; at < 40; at += 1) {
      const pair = new ReplicatedPair();
      pair.write("primary", "a", "a1");
      let count = 0;
      pair.intercept = () => {
        count += 1;
        if (count !== at) return;
        failing += 1;
        throw storeError("throttled");
      };
      expect([at, (await pair.run()).outcome]).toEqual([at, "clean"]);
    }
    expect(failing).toBeGreaterThan(15);
  });

  it("is sure of what it did though any one answer was lost", async () => {
    for (let at = 1; at < 40; at += 1) {
      const pair = new ReplicatedPair();
      pair.write("primary", "a", "a1");
      let count = 0;
      pair.interceptAfter = () => {
        count += 1;
        if (count === at) throw storeError("timeout");
      };
      expect([at, (await pair.run()).outcome]).toEqual([at, "clean"]);
      expect(pair.body("secondary", "a")).toBe("a1");
    }
  });
});

describe("the sync point (rule 14)", () => {
  it("is the source's time at the first listing, less a second", async () => {
    const pair = await ReplicatedPair.replicated();
    let listedAt = 0;
    pair.intercept = (store, operation) => {
      if (store === "primary" && operation === "list") listedAt = pair.clock.monotonic();
    };
    const report = await pair.run();
    expect(Date.parse(report.syncPoint ?? "")).toBe(listedAt - 1000);
  });

  it("is that of the first page, however many follow", async () => {
    const pair = new ReplicatedPair();
    for (let index = 0; index < 1001; index += 1) pair.write("primary", `key-${index}`, "x");
    const listedAt: number[] = [];
    pair.intercept = (store, operation, key) => {
      if (key === "key-0" && operation === "get") pair.clock.advance(5_000);
      if (store === "primary" && operation === "list") listedAt.push(pair.clock.monotonic());
    };
    const report = await pair.run();
    expect(listedAt).toHaveLength(2);
    expect(Date.parse(report.syncPoint ?? "")).toBe((listedAt[0] ?? 0) - 1000);
  });

  it("is before the listing was made, however long its answer took", async () => {
    const pair = await ReplicatedPair.replicated();
    const list = pair.clients.primary.list.bind(pair.clients.primary);
    let seenAt = 0;
    pair.clients.primary.list = async (request) => {
      const page = await list(request);
      seenAt ||= pair.clock.monotonic();
      pair.write("primary", "c", "acknowledged while the answer was made");
      pair.clock.advance(5_000);
      return { ...page, serverDate: pair.clock.wall() };
    };
    const report = await pair.run();
    expect(Date.parse(report.syncPoint ?? "")).toBeLessThanOrEqual(seenAt - 1000);
  });

  it("is not moved by a run that did not reach the end, and is by the one that does, to where the pass began", async () => {
    const pair = await ReplicatedPair.replicated();
    for (const key of ["c", "d", "e"]) pair.write("primary", key, key);
    pair.intercept = (_store, operation) => {
      if (operation === "get") pair.clock.advance(1000);
    };
    const before = (await pair.run({ budgetMilliseconds: 0 })).syncPoint;
    const began = pair.clock.monotonic();
    const report = await pair.run();
    expect(before).toBeDefined();
    expect(Date.parse(report.syncPoint ?? "")).toBeGreaterThan(Date.parse(before ?? ""));
    expect(Date.parse(report.syncPoint ?? "")).toBeLessThanOrEqual(began);
  });

  it("moves past failed keys, which the report names", async () => {
    const pair = await ReplicatedPair.replicated();
    pair.write("primary", "a", "a2");
    pair.intercept = (_store, operation, key) => {
      if (operation === "put" && key === "a") throw storeError("access-denied");
    };
    const report = await pair.run();
    expect(report).toMatchObject({ outcome: "failed", exceptions: [{ key: "a", kind: "failed" }] });
    expect(report.syncPoint).toBeDefined();
  });

  it("does not move past more exceptions than can be named", async () => {
    const pair = new ReplicatedPair();
    for (let index = 0; index < 1001; index += 1) {
      pair.write("primary", `key-${index}`, "p");
      pair.write("secondary", `key-${index}`, "s");
    }
    expect(await pair.run()).toMatchObject({ exceptionCounts: { conflict: 1001 }, syncPoint: undefined });
  });

  it("does not move past more of them than can be named in all runs of a pass", async () => {
    const pair = await ReplicatedPair.replicated();
    for (let index = 0; index < 1200; index += 1) {
      pair.write("primary", `key-${index}`, "p");
      pair.write("secondary", `key-${index}`, "s");
    }
    const before = Date.parse((await pair.run({ budgetMilliseconds: 0 })).syncPoint ?? "");
    let heads = 0;
    pair.intercept = (store, operation) => {
      if (store === "primary" && operation === "head") heads += 1;
      if (heads === 600) pair.clock.advance(1000);
    };
    const first = await pair.run({ budgetMilliseconds: 500, limits: { smallAtFirst: 1, smallAtMost: 1 } });
    expect(first.outcome).toBe("incomplete");
    expect(first.exceptionCounts.conflict).toBeLessThan(1000);
    pair.intercept = () => undefined;
    const second = await pair.run();
    expect(second.exceptionCounts.conflict).toBeLessThan(1000);
    expect(first.exceptionCounts.conflict + second.exceptionCounts.conflict).toBe(1200);
    expect(Date.parse(second.syncPoint ?? "")).toBe(before);
    // Who asks whether anything is open must not be told of the last run's share alone.
    expect(lastRunIn(pair)).toMatchObject({ outcome: "clean", exceptionCounts: { conflict: 1200 } });
    await pair.run();
    expect(lastRunIn(pair)).toMatchObject({ exceptionCounts: { conflict: 1200 } });
  });

  it("says beside it how the last run ended, and takes no harm from a note that it does not understand", async () => {
    const pair = new ReplicatedPair();
    pair.write("primary", "a", "p");
    const report = await pair.run();
    expect(lastRunIn(pair)).toEqual({ endedAt: report.endedAt, outcome: "clean", exceptionCounts: {} });
    const saved = JSON.parse(pair.body("secondary", PROGRESS_KEY) ?? "");
    for (const lastRun of [
      null,
      1,
      {},
      { ...saved.lastRun, exceptionCounts: { conflict: -1 } },
      { ...saved.lastRun, before: {} },
    ]) {
      pair.write("secondary", PROGRESS_KEY, JSON.stringify({ ...saved, lastRun }));
      expect(await pair.run()).toMatchObject({ outcome: "clean", unchanged: 1 });
    }
  });
});

function lastRunIn(pair: ReplicatedPair): LastRun {
  return JSON.parse(pair.body("secondary", PROGRESS_KEY) ?? "{}").lastRun;
}
