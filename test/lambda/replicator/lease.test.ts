import { describe, expect, it, jest } from "@jest/globals";
import { EPOCH_KEY, LEASE_KEY, PROGRESS_KEY } from "../../../contract/state-keys";
import type { RunReport } from "../../../lambda/replicator/report";
import { ReplicatedPair, storeError } from "../../support/replicated-pair";

interface LeaseState {
  readonly owner: string;
  readonly expires: string;
}

const lease = (pair: ReplicatedPair) => JSON.parse(pair.body("secondary", LEASE_KEY) ?? "{}") as LeaseState;

/** As a run leaves it that was killed. */
function leave(pair: ReplicatedPair, expiresInMilliseconds: number, owner = "somebody"): void {
  const expires = new Date(pair.clock.monotonic() + expiresInMilliseconds).toISOString();
  pair.write("secondary", LEASE_KEY, JSON.stringify({ owner, expires }));
}

/** `run` itself lets so much time pass before it begins, and a write one second. */
const BEFORE_RUN = 301_000;

describe("the lease (rule 3)", () => {
  it("lets one of two runs work, and the other one change nothing", async () => {
    const pair = new ReplicatedPair();
    pair.write("primary", "a", "a1");
    let second: RunReport | undefined;
    pair.intercept = async (_store, operation, key) => {
      if (second !== undefined || operation !== "get" || key !== "a") return;
      second = { outcome: "stopped" } as RunReport;
      // Another process begins at this moment, not five minutes later.
      pair.clock.advance(-300_000);
      second = await pair.run();
    };
    const first = await pair.run();
    expect(first).toMatchObject({ outcome: "clean", copied: 1 });
    expect(second).toMatchObject({ outcome: "yielded", reason: "another run is under way", copied: 0 });
  });

  it("is released at the end, so that the next run begins at once", async () => {
    const pair = await ReplicatedPair.replicated();
    expect(Date.parse(lease(pair).expires)).toBe(0);
    pair.clock.advance(-300_000);
    expect((await pair.run()).outcome).toBe("clean");
  });

  it("is released though the store is busy at that moment, and not waited for when it hangs", async () => {
    for (const [kind, asked, isReleased] of [
      ["throttled", 2, true],
      ["timeout", 1, false],
    ] as const) {
      const pair = await ReplicatedPair.replicated();
      let writes = 0;
      pair.intercept = (_store, operation, key) => {
        if (operation !== "put" || key !== LEASE_KEY) return;
        writes += 1;
        // The first one takes it.
        if (writes === 2) throw storeError(kind);
      };
      await pair.run();
      expect([kind, writes]).toEqual([kind, 1 + asked]);
      expect([kind, Date.parse(lease(pair).expires) === 0]).toEqual([kind, isReleased]);
    }
  });

  it("is kept while one large body is on its way for longer than it lasts", async () => {
    jest.useFakeTimers({ doNotFake: ["nextTick", "queueMicrotask", "setImmediate", "performance"] });
    try {
      const pair = new ReplicatedPair();
      pair.write("primary", "a", Buffer.alloc(2 * 1024 * 1024, "large "));
      let second: RunReport | undefined;
      pair.intercept = async (_store, operation, key) => {
        if (second !== undefined || operation !== "put" || key !== "a") return;
        second = { outcome: "stopped" } as RunReport;
        for (let quarter = 0; quarter < 20; quarter += 1) {
          pair.clock.advance(15_000);
          await jest.advanceTimersByTimeAsync(15_000);
        }
        pair.clock.advance(-300_000);
        second = await pair.run();
      };
      expect(await pair.run()).toMatchObject({ outcome: "clean", copied: 1 });
      expect(second?.outcome).toBe("yielded");
      expect(Date.parse(lease(pair).expires)).toBe(0);
      expect(jest.getTimerCount()).toBe(0);
    } finally {
      jest.useRealTimers();
    }
  });

  it("is released as well by a run that stops", async () => {
    const pair = await ReplicatedPair.replicated();
    pair.intercept = (store, operation) => {
      if (store === "primary" && operation === "list") throw storeError("access-denied");
    };
    expect((await pair.run()).outcome).toBe("stopped");
    expect(Date.parse(lease(pair).expires)).toBe(0);
  });

  it.each([
    ["held until half its duration after its end", 29_999, "yielded"],
    ["taken over then", 30_000, "clean"],
  ])("of a run that died is %s", async (_what, afterExpiry, outcome) => {
    const pair = await ReplicatedPair.replicated();
    leave(pair, BEFORE_RUN - afterExpiry);
    expect((await pair.run({ leaseMilliseconds: 60_000 })).outcome).toBe(outcome);
    expect(lease(pair).owner === "somebody").toBe(outcome === "yielded");
  });

  it("stops a run that was silent for so long that another one took it over", async () => {
    const pair = new ReplicatedPair();
    for (let index = 0; index < 5; index += 1) pair.write("primary", `key-${index}`, "body");
    pair.intercept = (_store, operation, key) => {
      if (operation !== "get" || key !== "key-2") return;
      pair.clock.advance(200_000);
      leave(pair, 60_000);
    };
    const report = await pair.run({ limits: { smallAtFirst: 1, smallAtMost: 1 } });
    expect(report.outcome).toBe("stopped");
    expect(report.reason).toContain("another run, somebody, has taken the lease over");
    expect(pair.puts).toEqual(["secondary key-0", "secondary key-1"]);
    expect(lease(pair).owner).toBe("somebody");
    expect(pair.requests.filter((request) => request.endsWith(`put ${PROGRESS_KEY}`))).toEqual([]);
  });

  it("is renewed while a run lasts", async () => {
    const pair = new ReplicatedPair();
    for (let index = 0; index < 10; index += 1) pair.write("primary", `key-${index}`, "body");
    const least: number[] = [];
    pair.intercept = (_store, operation, key) => {
      if (operation !== "get" || !key?.startsWith("key")) return;
      least.push(Date.parse(lease(pair).expires) - pair.clock.monotonic());
      pair.clock.advance(20_000);
    };
    expect(await pair.run({ limits: { smallAtFirst: 1, smallAtMost: 1 } })).toMatchObject({ copied: 10 });
    // Half of it is left whenever something can be done about it.
    expect(Math.min(...least)).toBeGreaterThanOrEqual(30_000);
  });

  it("is renewed by a run that has nothing to copy", async () => {
    const pair = new ReplicatedPair();
    for (let index = 0; index < 3001; index += 1) pair.write("primary", `key-${index}`, "x");
    await pair.run();
    const least: number[] = [];
    pair.intercept = (store, operation) => {
      if (store !== "primary" || operation !== "list") return;
      least.push(Date.parse(lease(pair).expires) - pair.clock.monotonic());
      pair.clock.advance(25_000);
    };
    expect(await pair.run()).toMatchObject({ outcome: "clean", copied: 0 });
    expect(least.length).toBe(4);
    expect(Math.min(...least)).toBeGreaterThan(0);
  });

  it("counts as renewed when the answer to the renewal was lost", async () => {
    const pair = new ReplicatedPair();
    for (let index = 0; index < 6; index += 1) pair.write("primary", `key-${index}`, "body");
    let lost = 0;
    pair.intercept = (_store, operation, key) => {
      if (operation === "get" && key?.startsWith("key")) pair.clock.advance(20_000);
    };
    pair.interceptAfter = (_store, operation, key) => {
      if (operation !== "put" || key !== LEASE_KEY || lost > 0 || pair.puts.length === 0) return;
      lost += 1;
      throw storeError("timeout");
    };
    const report = await pair.run({ limits: { smallAtFirst: 1, smallAtMost: 1 } });
    expect(lost).toBe(1);
    expect(report).toMatchObject({ outcome: "clean", copied: 6 });
  });

  it("that could not be renewed is renewed at the next opportunity, not half its duration later", async () => {
    const pair = new ReplicatedPair();
    for (let index = 0; index < 8; index += 1) pair.write("primary", `key-${index}`, "body");
    let refused = 0;
    const least: number[] = [];
    pair.intercept = (_store, operation, key) => {
      if (operation === "get" && key?.startsWith("key")) {
        least.push(Date.parse(lease(pair).expires) - pair.clock.monotonic());
        pair.clock.advance(16_000);
      }
      if (operation === "put" && key === LEASE_KEY && pair.puts.length > 0 && refused < 1) {
        refused += 1;
        throw storeError("throttled");
      }
    };
    expect(await pair.run({ limits: { smallAtFirst: 1, smallAtMost: 1 } })).toMatchObject({ copied: 8 });
    expect(refused).toBe(1);
    expect(Math.min(...least)).toBeGreaterThanOrEqual(10_000);
  });

  it("that cannot be renewed between two pages for a moment does not end the run", async () => {
    const pair = new ReplicatedPair();
    for (let index = 0; index < 2001; index += 1) pair.write("primary", `key-${index}`, "x");
    await pair.run();
    let refused = 0;
    pair.intercept = (store, operation, key) => {
      if (store === "primary" && operation === "list") pair.clock.advance(31_000);
      if (operation === "put" && key === LEASE_KEY && pair.requests.some((one) => one.endsWith(" list"))) {
        refused += 1;
        if (refused === 1) throw storeError("server-error");
      }
    };
    expect(await pair.run()).toMatchObject({ outcome: "clean", unchanged: 2001 });
    expect(refused).toBeGreaterThan(1);
  });

  it("that is not understood stops the run, which says where it is", async () => {
    const pair = await ReplicatedPair.replicated();
    pair.write("secondary", LEASE_KEY, JSON.stringify({ owner: 7 }));
    pair.write("primary", "c", "c1");
    const report = await pair.run();
    expect(report).toMatchObject({ outcome: "stopped", copied: 0 });
    expect(report.reason).toContain(`${LEASE_KEY} is not understood`);
  });

  it("is taken only when it is still as it was seen", async () => {
    const pair = await ReplicatedPair.replicated();
    let raced = false;
    pair.intercept = (_store, operation, key) => {
      if (raced || operation !== "put" || key !== LEASE_KEY) return;
      raced = true;
      leave(pair, 60_000);
    };
    expect((await pair.run()).outcome).toBe("yielded");
    expect(lease(pair).owner).toBe("somebody");
  });

  it("is kept on the standby, never on the active store", async () => {
    const pair = await ReplicatedPair.replicated();
    expect(pair.body("primary", LEASE_KEY)).toBeUndefined();
    pair.flip("secondary");
    await pair.run();
    expect(pair.body("primary", LEASE_KEY)).toBeDefined();
    expect(pair.requests).not.toContain(`secondary put ${LEASE_KEY}`);
    expect(pair.requests).toContain(`secondary put ${EPOCH_KEY}`);
  });
});
