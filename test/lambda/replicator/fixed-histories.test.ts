import { describe, expect, it } from "@jest/globals";
import { STAMP_METADATA_KEY } from "../../../contract/stamp";
import { PROGRESS_KEY, UPLOADS_KEY } from "../../../contract/state-keys";
import type { StoreName } from "../../../contract/stores";
import type { Progress } from "../../../lambda/replicator/progress";
import type { ObjectClientOperation } from "../../support/in-memory-object-client";
import { uploadsOf } from "../../support/in-memory-uploads";
import { kinds, storeError } from "../../support/replicated-pair";
import { WatchedPair } from "./model/watched-pair";

const ONE_AT_A_TIME = { limits: { smallAtFirst: 1, smallAtMost: 1 } };

/** Has something happen once, just before the first such request. */
function justBefore(
  pair: WatchedPair,
  request: readonly [StoreName, ObjectClientOperation, string],
  happens: () => void | Promise<void>,
): void {
  let happened = false;
  pair.intercept = async (...asked) => {
    if (happened || asked.join(" ") !== request.join(" ")) return;
    happened = true;
    await happens();
  };
}

/** Nothing was broken on the way, the last run changed nothing, and only these keys are still different. */
async function expectCalm(pair: WatchedPair, exceptions: readonly string[] = []): Promise<void> {
  const { report, violations, changes } = await pair.calm();
  expect({ outcome: report.outcome, exceptions: kinds(report).toSorted(), violations, changes }).toEqual({
    outcome: "clean",
    exceptions,
    violations: [],
    changes: [],
  });
}

const bodies = (pair: WatchedPair, key: string) => [pair.body("primary", key), pair.body("secondary", key)];

const versionOf = (pair: WatchedPair, store: StoreName, key: string) =>
  pair.buckets[store].stack(key)[0]?.versionId ?? "";

const contents = (pair: WatchedPair, store: StoreName, key: string) =>
  pair.stack(store, key).map((version) => version.split(" ")[0]);

/** What earlier designs, and other tools, got wrong. */
describe("a page that is finished after the flip", () => {
  it("replaces nothing that was written since on the store that is active now", async () => {
    const pair = await WatchedPair.replicated();
    for (const key of ["a", "b", "c"]) pair.write("primary", key, `${key}2`);
    // All of the page is known, one reading of the marker still counts, and writers have moved too early.
    justBefore(pair, ["secondary", "put", "a"], () => {
      pair.flip("secondary");
      for (const key of ["a", "b", "c"]) pair.write("secondary", key, `${key} of secondary`);
    });
    const report = await pair.run(ONE_AT_A_TIME);
    expect(kinds(report)).toEqual(["conflict a", "conflict b", "conflict c"]);
    for (const key of ["a", "b", "c"]) expect(bodies(pair, key)).toEqual([`${key}2`, `${key} of secondary`]);
    await expectCalm(pair, ["conflict a", "conflict b", "conflict c"]);
  });

  it("is not finished at all once the reading of the marker is too old", async () => {
    const pair = await WatchedPair.replicated();
    for (const key of ["a", "b", "c"]) pair.write("primary", key, `${key}2`);
    justBefore(pair, ["primary", "get", "b"], () => {
      pair.flip("secondary");
      pair.clock.advance(20_000);
    });
    expect(await pair.run(ONE_AT_A_TIME)).toMatchObject({ outcome: "stopped", copied: 1 });
    expect(pair.puts).toEqual(["secondary a"]);
    // What never arrived is on the old primary only.
    await expectCalm(pair, ["late b", "stray c"]);
    expect(bodies(pair, "b")).toEqual(["b2", "b1"]);
  });
});

describe("two runners and an overwrite A, B, A", () => {
  it("end with the last A, though the runner that was late could not tell it from the first one", async () => {
    const pair = await WatchedPair.replicated();
    const first = versionOf(pair, "primary", "a");
    pair.write("primary", "a", "a2");
    // The late one has read B and has seen the first A on the standby, when the other one replaces that.
    justBefore(pair, ["secondary", "put", "a"], async () => {
      pair.write("primary", "a", "a1");
      expect(await pair.run()).toMatchObject({ outcome: "clean", copied: 1 });
      expect(bodies(pair, "a")).toEqual(["a1", "a1"]);
    });
    const { settled } = await pair.runKeys(["a"]);
    expect(settled.get("a")).toMatchObject({ outcome: "copied" });
    expect(bodies(pair, "a")).toEqual(["a1", "a2"]);
    await expectCalm(pair);
    expect(contents(pair, "secondary", "a")).toEqual(["a1", "a2", "a1", "a1"]);
    const stamp = (await pair.clients.secondary.head("a"))?.headers.metadata[STAMP_METADATA_KEY];
    expect(stamp).toContain(versionOf(pair, "primary", "a"));
    expect(stamp).not.toContain(first);
    // That A stands there twice does not look as if a client had restored it.
    for (const active of ["secondary", "primary"] as const) {
      pair.flip(active);
      expect(await pair.run()).toMatchObject({ outcome: "clean", copied: 0, exceptions: [] });
    }
    pair.write("primary", "a", "a3");
    await expectCalm(pair);
    expect(bodies(pair, "a")).toEqual(["a3", "a3"]);
  });
});

describe("a listing that was taken before, and a deletion after", () => {
  it("copies nothing that is gone by then", async () => {
    const pair = await WatchedPair.replicated();
    pair.write("primary", "c", "c1");
    justBefore(pair, ["primary", "get", "c"], () => pair.delete("primary", "c"));
    expect(await pair.run()).toMatchObject({ outcome: "clean", copied: 0, exceptions: [] });
    expect(pair.stack("secondary", "c")).toEqual([]);
    await expectCalm(pair);
  });

  it("deletes in the next pass what was read before it was deleted", async () => {
    const pair = await WatchedPair.replicated();
    pair.write("primary", "c", "c1");
    justBefore(pair, ["secondary", "put", "c"], () => pair.delete("primary", "c"));
    expect(await pair.run()).toMatchObject({ outcome: "clean", copied: 1 });
    expect(await pair.run()).toMatchObject({ outcome: "clean", removed: 1 });
    await expectCalm(pair);
    expect(bodies(pair, "c")).toEqual([undefined, undefined]);
  });

  it("deletes once more what a late runner put over the delete marker, which no condition can prevent", async () => {
    const pair = await WatchedPair.replicated();
    pair.write("primary", "c", "c1");
    justBefore(pair, ["secondary", "put", "c"], async () => {
      expect(await pair.run()).toMatchObject({ outcome: "clean", copied: 1 });
      pair.delete("primary", "c");
      expect(await pair.run()).toMatchObject({ outcome: "clean", removed: 1 });
    });
    await pair.runKeys(["c"]);
    expect(await pair.run()).toMatchObject({ outcome: "clean", removed: 1, exceptions: [] });
    await expectCalm(pair);
    expect(bodies(pair, "c")).toEqual([undefined, undefined]);
  });
});

describe("an overwrite that was never replicated when the primary died, and one on the secondary after", () => {
  it("are a conflict of which both remain, whoever is active, until a person writes the key again", async () => {
    const pair = await WatchedPair.replicated();
    pair.write("primary", "a", "a2, lost in the outage");
    pair.flip("secondary");
    pair.write("secondary", "a", "a2 of secondary");
    for (const active of ["secondary", "primary", "secondary"] as const) {
      pair.flip(active);
      expect(kinds(await pair.run())).toEqual(["conflict a"]);
      expect(bodies(pair, "a")).toEqual(["a2, lost in the outage", "a2 of secondary"]);
    }
    await expectCalm(pair, ["conflict a"]);
  });
});

describe("a deletion during the outage", () => {
  it("reaches the primary when that is back, and nothing brings the object back at the failback", async () => {
    const pair = await WatchedPair.replicated();
    pair.flip("secondary");
    pair.intercept = (store) => {
      if (store === "primary") throw storeError("unreachable");
    };
    expect((await pair.run()).outcome).toBe("stopped");
    pair.delete("secondary", "a");
    expect((await pair.run()).outcome).toBe("stopped");
    pair.intercept = () => undefined;
    expect(await pair.run()).toMatchObject({ outcome: "clean", removed: 1, copied: 0, exceptions: [] });
    pair.flip("primary");
    await expectCalm(pair);
    expect(bodies(pair, "a")).toEqual([undefined, undefined]);
    expect(contents(pair, "primary", "a")).toEqual(["marker", "a1"]);
  });

  it("is not undone when the failback comes before any pass could tell the primary", async () => {
    const pair = await WatchedPair.replicated();
    pair.flip("secondary");
    await pair.noteFlip();
    pair.delete("secondary", "a");
    pair.flip("primary");
    expect(kinds(await pair.run())).toEqual(["deleted a"]);
    await expectCalm(pair, ["deleted a"]);
    expect(bodies(pair, "a")).toEqual(["a1", undefined]);
  });
});

describe("a checkpoint and a double flip", () => {
  /** A pass that was interrupted after `c`, with a sync point of the pass before. */
  async function interrupted(): Promise<WatchedPair> {
    const pair = await WatchedPair.replicated();
    pair.write("primary", "b", "b2");
    for (const key of ["c", "d"]) pair.write("primary", key, `${key}1`);
    justBefore(pair, ["secondary", "put", "b"], () => pair.clock.advance(10_000));
    const report = await pair.run({ budgetMilliseconds: 5000, ...ONE_AT_A_TIME });
    expect(report).toMatchObject({ outcome: "incomplete", checkpoint: "c" });
    pair.intercept = () => undefined;
    return pair;
  }

  it.each([
    ["by the command that flipped", (pair: WatchedPair) => pair.noteFlip()],
    ["by a run", (pair: WatchedPair) => pair.run({ budgetMilliseconds: 0 })],
  ])("counts no more where the flips were noted %s: the pass begins anew", async (_by, note) => {
    const pair = await interrupted();
    pair.flip("secondary");
    await note(pair);
    // Before the place where the checkpoint would have the pass go on.
    pair.write("secondary", "a", "a2 of secondary");
    pair.delete("secondary", "b");
    pair.flip("primary");
    const report = await pair.run();
    expect(report).toMatchObject({ epoch: 3, copied: 1 });
    expect(kinds(report)).toEqual(["conflict a", "deleted b"]);
    const { epoch, checkpoint } = JSON.parse(pair.body("secondary", PROGRESS_KEY) ?? "{}") as Progress;
    expect({ epoch, checkpoint }).toEqual({ epoch: 3, checkpoint: undefined });
    await expectCalm(pair, ["conflict a", "deleted b"]);
  });

  it("gives no sync point from before the flips to a pass that has not come to its end", async () => {
    const pair = await interrupted();
    pair.flip("secondary");
    await pair.noteFlip();
    pair.flip("primary");
    expect((await pair.run({ budgetMilliseconds: 0 })).syncPoint).toBeUndefined();
    await expectCalm(pair);
  });
});

describe("a multipart upload that began before the flip and ends after it", () => {
  /** A client of the old primary, who has not heard of the flip. */
  function beginUpload(pair: WatchedPair): () => void {
    const uploads = uploadsOf(pair.buckets.primary);
    const uploadId = uploads.nextId();
    const upload = { headers: { metadata: {} }, tags: {}, keyExisted: true };
    uploads.begin({ uploadId, key: "a", initiated: pair.clock.monotonic(), ...upload });
    return () => {
      uploads.end(uploadId);
      pair.writeParts("primary", "a", ["in ", "parts"]);
    };
  }

  it("of a client is reported as late, and is the newer one again after the failback", async () => {
    const pair = await WatchedPair.replicated();
    const complete = beginUpload(pair);
    pair.flip("secondary");
    await pair.run();
    complete();
    expect(kinds(await pair.run())).toEqual(["late a"]);
    expect(bodies(pair, "a")).toEqual(["in parts", "a1"]);
    pair.flip("primary");
    await expectCalm(pair);
    expect(bodies(pair, "a")).toEqual(["in parts", "in parts"]);
  });

  it("of a client is a conflict with what was written on the secondary since", async () => {
    const pair = await WatchedPair.replicated();
    const complete = beginUpload(pair);
    pair.flip("secondary");
    pair.write("secondary", "a", "a2 of secondary");
    await pair.run();
    expect(bodies(pair, "a")).toEqual(["a2 of secondary", "a2 of secondary"]);
    complete();
    expect(kinds(await pair.run())).toEqual(["conflict a"]);
    await expectCalm(pair, ["conflict a"]);
    expect(bodies(pair, "a")).toEqual(["in parts", "a2 of secondary"]);
  });

  it("of replication is never completed on the store that is active now, and ends when that is on standby again", async () => {
    const pair = await WatchedPair.replicated();
    pair.writeParts("primary", "a", ["one ", "two ", "three"]);
    justBefore(pair, ["secondary", "completeUpload", "a"], () => {
      throw storeError("unreachable");
    });
    const unreachable = pair.intercept;
    pair.intercept = async (...asked) => {
      if (asked[1] === "uploadPart" && pair.uploads("secondary").length > 0 && pair.active === "primary") {
        pair.flip("secondary");
        pair.clock.advance(20_000);
      }
      await unreachable(...asked);
    };
    expect((await pair.run(ONE_AT_A_TIME)).outcome).toBe("stopped");
    expect(pair.uploads("secondary")).toEqual(["a"]);
    pair.intercept = () => undefined;
    pair.write("secondary", "a", "a2 of secondary");
    await pair.run();
    expect(pair.body("secondary", "a")).toBe("a2 of secondary");
    expect(pair.uploads("secondary")).toEqual(["a"]);
    pair.flip("primary");
    await expectCalm(pair, ["conflict a"]);
    expect(pair.uploads("secondary")).toEqual([]);
    expect(JSON.parse(pair.body("secondary", UPLOADS_KEY) ?? "{}")).toEqual({ uploads: [] });
  });
});

describe("a client's CopyObject that keeps the stamp", () => {
  it("onto its own key is a write: it is replicated, and not taken for the replica that it was", async () => {
    const pair = await WatchedPair.replicated();
    const replica = versionOf(pair, "secondary", "a");
    pair.flip("secondary");
    pair.write("secondary", "a", "a2");
    await pair.run();
    pair.restore("secondary", "a", replica);
    expect(await pair.run()).toMatchObject({ outcome: "clean", copied: 1, exceptions: [] });
    expect(bodies(pair, "a")).toEqual(["a1", "a1"]);
    expect(contents(pair, "primary", "a")).toEqual(["a1", "a2", "a1"]);
    pair.flip("primary");
    pair.write("primary", "a", "a3");
    await expectCalm(pair);
    expect(bodies(pair, "a")).toEqual(["a3", "a3"]);
  });

  it("onto another key makes a new object there, whatever its stamp says", async () => {
    const pair = await WatchedPair.replicated();
    pair.flip("secondary");
    const { body, headers } = await pair.clients.secondary.get("a");
    body.destroy();
    pair.write("secondary", "copy", "a1", headers);
    expect(await pair.run()).toMatchObject({ outcome: "clean", copied: 1, exceptions: [] });
    expect(bodies(pair, "copy")).toEqual(["a1", "a1"]);
    pair.delete("secondary", "copy");
    expect(await pair.run()).toMatchObject({ outcome: "clean", removed: 1, exceptions: [] });
    await expectCalm(pair);
    expect(bodies(pair, "a")).toEqual(["a1", "a1"]);
  });
});

describe("the first reverse pass", () => {
  it("copies nothing, though every replica is younger than its original, and most look different", async () => {
    const pair = await WatchedPair.replicated();
    pair.write("primary", "empty", "");
    pair.write("primary", "folder/", "");
    pair.write("primary", "headers", "h", { cacheControl: "no-cache", metadata: { colour: "blue" } });
    pair.write("primary", "tags", "t", undefined, { team: "web" });
    pair.writeParts("primary", "parts", ["one ", "two ", "three"]);
    pair.writeEncrypted("primary", "encrypted");
    pair.writeEncrypted("primary", "encrypted parts", ["one ", "two"]);
    await pair.run();
    const keys = pair.ledger.users("primary");
    expect(keys).toHaveLength(9);
    for (const key of keys) {
      const [original, replica] = await Promise.all([
        pair.clients.primary.head(key),
        pair.clients.secondary.head(key),
      ]);
      expect(replica?.lastModified.getTime()).toBeGreaterThan(original?.lastModified.getTime() ?? Infinity);
    }
    for (const active of ["secondary", "primary"] as const) {
      pair.flip(active);
      expect(await pair.run()).toMatchObject({ outcome: "clean", copied: 0, unchanged: 9, exceptions: [] });
      expect(pair.changes).toEqual([]);
    }
    await expectCalm(pair);
  });
});
