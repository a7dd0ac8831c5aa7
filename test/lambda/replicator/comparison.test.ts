import { setImmediate as nextTurn } from "node:timers/promises";
import { describe, expect, it } from "@jest/globals";
import { STAMP_METADATA_KEY } from "../../../contract/stamp";
import { PROGRESS_KEY, STATE_PREFIX } from "../../../contract/state-keys";
import type { Progress } from "../../../lambda/replicator/progress";
import { glance } from "../../../lambda/replicator/rules";
import type { ListedObject } from "../../../lambda/s3/object-client";
import { kinds, ReplicatedPair, storeError } from "../../support/replicated-pair";

describe("what listings tell of a key (rule 8)", () => {
  const NOON = Date.UTC(2026, 0, 1, 12);
  const listed = (change: Partial<ListedObject> = {}): ListedObject => {
    return { key: "a", etag: "e", size: 1, lastModified: new Date(NOON), ...change };
  };

  it.each([
    ["equal", listed(), listed(), NOON + 1],
    ["compare", listed(), listed(), NOON],
    ["compare", listed(), listed(), undefined],
    ["compare", listed(), listed({ etag: "other" }), NOON + 1],
    ["compare", listed(), listed({ size: 2 }), NOON + 1],
    // The destination's clock decides nothing.
    ["equal", listed(), listed({ lastModified: new Date(NOON + 1000) }), NOON + 1],
    ["absent-on-destination", listed(), undefined, NOON + 1],
    ["absent-on-source", undefined, listed(), NOON + 1],
  ] as const)("is %s", (expected, source, destination, changedSince) => {
    const since = changedSince === undefined ? undefined : new Date(changedSince);
    expect(glance({ key: "a", source, destination }, since)).toBe(expected);
  });
});

describe("the watermark (rule 8)", () => {
  it("spares unchanged objects any request after a clean pass", async () => {
    const pair = await ReplicatedPair.replicated();
    const report = await pair.run();
    expect(report).toMatchObject({ outcome: "clean", unchanged: 2, copied: 0 });
    expect(pair.requests.filter((request) => !request.includes(STATE_PREFIX))).toEqual([
      "primary versioning",
      "secondary versioning",
      "primary list",
      "secondary list",
    ]);
  });

  it("looks closer at young objects, so that a change of headers alone travels", async () => {
    const pair = await ReplicatedPair.replicated();
    pair.write("primary", "a", "a1", { cacheControl: "no-cache", metadata: {} });
    expect((await pair.run()).copied).toBe(1);
    expect((await pair.clients.secondary.head("a"))?.headers.cacheControl).toBe("no-cache");
    await pair.run();
    expect(pair.requests.filter((request) => request.endsWith(" head a"))).toEqual([]);
  });

  it("does not move when a key failed, so that nothing is overlooked afterwards", async () => {
    const pair = await ReplicatedPair.replicated();
    pair.write("primary", "a", "a1", { cacheControl: "no-cache", metadata: {} });
    pair.intercept = (_store, operation, key) => {
      if (operation === "put" && key === "a") throw storeError("access-denied");
    };
    const watermark = () => (JSON.parse(pair.body("secondary", PROGRESS_KEY) ?? "") as Progress).watermark;
    const before = watermark();
    expect(await pair.run()).toMatchObject({ outcome: "failed", exceptionCounts: { failed: 1 } });
    expect(watermark()).toBe(before);
    pair.intercept = () => undefined;
    expect(await pair.run()).toMatchObject({ outcome: "clean", copied: 1 });
  });

  it("never hides a difference that it has reported, though no listing shows it", async () => {
    const pair = new ReplicatedPair();
    const tooMuch = { metadata: { long: "x".repeat(1950) } };
    pair.write("primary", "a", "same", { cacheControl: "no-cache", metadata: {} });
    pair.write("secondary", "a", "same");
    pair.write("primary", "b", "b1");
    await pair.run();
    pair.write("primary", "b", "b1", tooMuch);
    for (const round of [1, 2, 3]) {
      expect([round, ...kinds(await pair.run())]).toEqual([round, "conflict a", "unsupported b"]);
    }
    // Time runs out before b, then a pass that was interrupted goes on with it.
    await pair.run({ budgetMilliseconds: 0 });
    expect(kinds(await pair.run())).toEqual(["conflict a", "unsupported b"]);
    pair.write("primary", "b", "b1");
    expect(kinds(await pair.run())).toEqual(["conflict a"]);
  });

  it("does not forget such a difference because the pass was interrupted behind it", async () => {
    const pair = new ReplicatedPair();
    pair.write("primary", "a", "same", { cacheControl: "no-cache", metadata: {} });
    pair.write("secondary", "a", "same");
    for (const key of ["b", "c", "d"]) pair.write("primary", key, key);
    pair.intercept = (_store, operation, key) => {
      if (operation === "get" && key === "b") pair.clock.advance(10_000);
    };
    const first = await pair.run({ budgetMilliseconds: 5000, limits: { smallAtFirst: 1, smallAtMost: 1 } });
    expect([first.outcome, ...kinds(first)]).toEqual(["incomplete", "conflict a"]);
    pair.intercept = () => undefined;
    expect(await pair.run()).toMatchObject({ outcome: "clean", exceptions: [] });
    expect(kinds(await pair.run())).toEqual(["conflict a"]);
    expect(kinds(await pair.run())).toEqual(["conflict a"]);
  });

  it("waits when there are more such differences than can be remembered", async () => {
    const pair = new ReplicatedPair();
    for (let index = 0; index < 1010; index += 1) {
      pair.write("primary", `key-${index}`, "same", { cacheControl: "no-cache", metadata: {} });
      pair.write("secondary", `key-${index}`, "same");
    }
    await pair.run();
    expect((await pair.run()).exceptionCounts.conflict).toBe(1010);
  });

  it("copies nothing in the first reverse pass, where every replica is younger than its original", async () => {
    const pair = await ReplicatedPair.replicated();
    pair.flip("secondary");
    expect(await pair.run()).toMatchObject({ outcome: "clean", copied: 0, unchanged: 2 });
    expect(pair.puts).toEqual([]);
  });
});

describe("conditional writes (rule 9)", () => {
  it("looks again when the destination was written between the look and the write", async () => {
    const pair = await ReplicatedPair.replicated();
    pair.write("primary", "a", "a2");
    let raced = false;
    pair.intercept = (store, operation, key) => {
      if (raced || store !== "secondary" || operation !== "put" || key !== "a") return;
      raced = true;
      pair.write("secondary", "a", "somebody else");
    };
    expect(kinds(await pair.run())).toEqual(["conflict a"]);
    expect(pair.body("secondary", "a")).toBe("somebody else");
  });

  it("does not overwrite a key that appeared after the listing", async () => {
    const pair = new ReplicatedPair();
    pair.write("primary", "a", "a1");
    pair.intercept = (_store, operation, key) => {
      if (operation === "get" && key === "a") pair.write("secondary", "a", "appeared");
    };
    expect(kinds(await pair.run())).toEqual(["conflict a"]);
  });

  it("copies the version that it decided about, though the source was overwritten meanwhile", async () => {
    const pair = await ReplicatedPair.replicated();
    const seen = pair.write("primary", "a", "a2");
    pair.intercept = (store, operation, key) => {
      if (store === "primary" && operation === "get" && key === "a") pair.write("primary", "a", "a3");
    };
    await pair.run();
    expect(pair.body("secondary", "a")).toBe("a2");
    expect((await pair.clients.secondary.head("a"))?.headers.metadata[STAMP_METADATA_KEY]).toContain(
      seen.versionId,
    );
    pair.intercept = () => undefined;
    await pair.run();
    expect(pair.body("secondary", "a")).toBe("a3");
  });

  it("never puts an older version over a newer one's replica that came while it looked", async () => {
    const pair = await ReplicatedPair.replicated();
    pair.write("primary", "a", "a2");
    pair.intercept = async (store, operation, key) => {
      if (store !== "secondary" || operation !== "head" || key !== "a") return;
      pair.intercept = () => undefined;
      // What was asked at the same time has been answered by then.
      await nextTurn();
      pair.write("primary", "a", "a3");
      await pair.runKeys(["a"]);
      expect(pair.body("secondary", "a")).toBe("a3");
    };
    expect(await pair.run()).toMatchObject({ outcome: "clean", exceptions: [] });
    expect(pair.stack("secondary", "a").map((version) => version.split(" ")[0])).toEqual(["a3", "a1"]);
  });

  it("leaves a key that never rests to the next run, and says so", async () => {
    const pair = await ReplicatedPair.replicated();
    pair.write("primary", "a", "a2");
    let count = 0;
    pair.intercept = (store, operation, key) => {
      if (store !== "secondary" || operation !== "put" || key !== "a") return;
      count += 1;
      throw storeError("precondition-failed");
    };
    const report = await pair.run();
    expect(report).toMatchObject({ outcome: "failed", exceptions: [{ key: "a", kind: "failed" }] });
    expect(count).toBe(3);
  });
});

describe("running twice (invariant I7)", () => {
  it("puts nothing the second time outside the state prefix, in either direction", async () => {
    const pair = await ReplicatedPair.replicated();
    pair.flip("secondary");
    pair.write("secondary", "c", "c1");
    await pair.run();
    await pair.run();
    expect(pair.puts).toEqual([]);
    pair.flip("primary");
    await pair.run();
    expect(pair.puts).toEqual([]);
  });
});
