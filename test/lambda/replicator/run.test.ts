import { describe, expect, it } from "@jest/globals";
import { STAMP_METADATA_KEY } from "../../../contract/stamp";
import { EPOCH_KEY, HEALTH_KEY, PROGRESS_KEY, STATE_PREFIX } from "../../../contract/state-keys";
import type { Progress } from "../../../lambda/replicator/progress";
import type { ObjectHeaders } from "../../../lambda/s3/object-client";
import { StoreError } from "../../../lambda/s3/store-error";
import { ReplicatedPair } from "../../support/replicated-pair";

const storeError = (kind: StoreError["kind"]) =>
  new StoreError(`made to fail: ${kind}`, { kind, operation: "Test", bucket: "b" });

/** Two equal stores after a clean pass from the primary, holding `a` and `b`. */
async function replicated(): Promise<ReplicatedPair> {
  const pair = new ReplicatedPair();
  pair.write("primary", "a", "a1");
  pair.write("primary", "b", "b1");
  expect((await pair.run()).outcome).toBe("clean");
  return pair;
}

/** Writes as to a store that encrypts with keys of its own: the ETag looks like an MD5 and is none. */
function writeEncrypted(pair: ReplicatedPair, key: string): void {
  const content = Buffer.from(key);
  const part = { content, size: content.length, etag: Buffer.from(key).toString("hex").padStart(32, "0") };
  pair.clock.advance(1000);
  pair.buckets.primary.put(key, { parts: [part], multipart: false, headers: { metadata: {} }, tags: {} });
}

const kinds = (report: { exceptions: readonly { key: string; kind: string }[] }) =>
  report.exceptions.map(({ key, kind }) => `${kind} ${key}`);

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
      pair.clock.advance(20_001);
    };
    const report = await pair.run({ limits: { smallAtFirst: 1, smallAtMost: 1 } });
    expect(report.outcome).toBe("stopped");
    expect(pair.puts).toEqual(["secondary key-0", "secondary key-1", "secondary key-2", "secondary key-3"]);
    expect(pair.requests.filter((request) => request.endsWith(`put ${PROGRESS_KEY}`))).toEqual([]);
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

  it("does not stop replication while writers are paused", async () => {
    const pair = await replicated();
    pair.marker.marker = { active: "primary", writesPaused: true };
    expect((await pair.run()).outcome).toBe("clean");
  });
});

describe("the epoch journal (rule 2)", () => {
  it("counts each change of the active store, on both stores", async () => {
    const pair = await replicated();
    expect(JSON.parse(pair.body("primary", EPOCH_KEY) ?? "")).toMatchObject({ epoch: 1, active: "primary" });
    pair.flip("secondary");
    expect((await pair.run()).epoch).toBe(2);
    expect(pair.body("primary", EPOCH_KEY)).toBe(pair.body("secondary", EPOCH_KEY));
    expect((await pair.run()).epoch).toBe(2);
    pair.flip("primary");
    expect((await pair.run()).epoch).toBe(3);
  });

  it("makes watermark and sync point of another epoch void", async () => {
    const pair = await replicated();
    pair.flip("secondary");
    await pair.run();
    pair.flip("primary");
    // Time ran out at once: nothing but the state of the first epoch could give a sync point.
    const report = await pair.run({ budgetMilliseconds: 0 });
    expect(report).toMatchObject({ outcome: "incomplete", epoch: 3, syncPoint: undefined });
  });

  it("stops when a store is not the one that the journal is about", async () => {
    const pair = await replicated();
    pair.write("secondary", `${STATE_PREFIX}store.json`, JSON.stringify({ id: "another-store" }));
    pair.write("primary", "c", "c1");
    const report = await pair.run();
    expect(report.outcome).toBe("stopped");
    expect(report.reason).toContain("replaced or restored");
    expect(pair.puts).toEqual([]);
  });

  it("stops when saved state is not understood", async () => {
    const pair = await replicated();
    pair.write("secondary", EPOCH_KEY, "not json");
    expect(await pair.run()).toMatchObject({
      outcome: "stopped",
      reason: expect.stringContaining("not understood"),
    });
  });

  it("notes a flip on the store that answers, so that its undoing is noticed when the other is back", async () => {
    const pair = await replicated();
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
    const pair = await replicated();
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

  it("gives way to another runner that writes the journal at the same moment", async () => {
    const pair = await replicated();
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

describe("lineage (rules 4 and 5)", () => {
  it("lets an overwrite follow its replica", async () => {
    const pair = await replicated();
    pair.write("primary", "a", "a2");
    expect((await pair.run()).copied).toBe(1);
    expect(pair.body("secondary", "a")).toBe("a2");
  });

  it("lets the reverse direction replace exactly the version that was replicated", async () => {
    const pair = await replicated();
    pair.flip("secondary");
    pair.write("secondary", "a", "a2 of secondary");
    const report = await pair.run();
    expect(kinds(report)).toEqual([]);
    expect(pair.body("primary", "a")).toBe("a2 of secondary");
  });

  it("goes on after several flips", async () => {
    const pair = await replicated();
    for (const [round, active] of (["secondary", "primary", "secondary", "primary"] as const).entries()) {
      pair.flip(active);
      pair.write(active, "a", `round ${round}`);
      const report = await pair.run();
      expect(kinds(report)).toEqual([]);
      expect(pair.body("primary", "a")).toBe(`round ${round}`);
      expect(pair.body("secondary", "a")).toBe(`round ${round}`);
    }
  });

  it("reports a conflict and touches nothing when both sides were written", async () => {
    const pair = await replicated();
    pair.write("primary", "a", "late write on primary");
    pair.flip("secondary");
    pair.write("secondary", "a", "write on secondary");
    const report = await pair.run();
    expect(kinds(report)).toEqual(["conflict a"]);
    expect(pair.body("primary", "a")).toBe("late write on primary");
    expect(pair.body("secondary", "a")).toBe("write on secondary");
  });

  it("does not let the younger side of a conflict win", async () => {
    const pair = new ReplicatedPair();
    pair.write("primary", "older-here", "p");
    pair.write("secondary", "older-here", "s");
    pair.write("secondary", "younger-here", "s");
    pair.write("primary", "younger-here", "p");
    const report = await pair.run();
    expect(kinds(report)).toEqual(["conflict older-here", "conflict younger-here"]);
    expect(pair.puts).toEqual([]);
  });

  it("reports a write that was never replicated as late, not as a conflict, and keeps it", async () => {
    const pair = await replicated();
    pair.write("primary", "a", "unreplicated");
    pair.flip("secondary");
    expect(kinds(await pair.run())).toEqual(["late a"]);
    expect(pair.body("primary", "a")).toBe("unreplicated");
    // Once the primary is active again, it is simply newer.
    pair.flip("primary");
    expect(kinds(await pair.run())).toEqual([]);
    expect(pair.body("secondary", "a")).toBe("unreplicated");
  });

  it("takes an object that was rewritten on the standby for native, whatever stamp it kept", async () => {
    const pair = await replicated();
    const replica = await pair.clients.secondary.head("a");
    pair.write("secondary", "a", "rewritten", replica?.headers);
    pair.write("primary", "a", "a2");
    expect(kinds(await pair.run())).toEqual(["conflict a"]);
    expect(pair.body("secondary", "a")).toBe("rewritten");
  });

  it("copies the active store's return to an older content", async () => {
    const pair = await replicated();
    pair.write("primary", "a", "a2");
    await pair.run();
    pair.write("primary", "a", "a1");
    expect((await pair.run()).copied).toBe(1);
    expect(pair.body("secondary", "a")).toBe("a1");
  });

  it("follows a rewrite with the same content, so that the other side's next write is no conflict", async () => {
    const pair = await replicated();
    pair.write("primary", "a", "a1");
    expect((await pair.run()).copied).toBe(1);
    expect((await pair.run()).copied).toBe(0);
    pair.flip("secondary");
    pair.write("secondary", "a", "a1");
    expect((await pair.run()).copied).toBe(1);
    pair.write("secondary", "a", "a2");
    expect(kinds(await pair.run())).toEqual([]);
    pair.flip("primary");
    pair.write("primary", "a", "a3");
    expect(kinds(await pair.run())).toEqual([]);
    expect(pair.body("secondary", "a")).toBe("a3");
  });

  it("brings the tags along with a rewrite that changes nothing else", async () => {
    const pair = await replicated();
    pair.write("primary", "a", "a1", undefined, { team: "web" });
    await pair.run();
    expect(await pair.clients.secondary.tags("a")).toEqual({ team: "web" });
  });

  it("knows the replica of an object whose ETag is no MD5, in either direction", async () => {
    const pair = new ReplicatedPair();
    writeEncrypted(pair, "a");
    writeEncrypted(pair, "b");
    expect((await pair.run()).copied).toBe(2);
    pair.flip("secondary");
    pair.write("secondary", "a", "a2");
    pair.delete("secondary", "b");
    expect(await pair.run()).toMatchObject({ removed: 1, exceptions: [] });
    expect(pair.body("primary", "a")).toBe("a2");
  });

  it("takes equal objects for equal, even if no replication made them so", async () => {
    const pair = await replicated();
    pair.write("primary", "c", "same");
    pair.write("secondary", "c", "same");
    expect(await pair.run()).toMatchObject({ outcome: "clean", unchanged: 3, copied: 0 });
  });

  it("stamps once what was equal on the standby before replication began, so that it has a lineage", async () => {
    const pair = new ReplicatedPair();
    pair.write("primary", "a", "same", undefined, { team: "web" });
    pair.write("secondary", "a", "same");
    expect(await pair.run()).toMatchObject({ outcome: "clean", copied: 1 });
    expect(await pair.clients.secondary.tags("a")).toEqual({ team: "web" });
    expect(await pair.run()).toMatchObject({ outcome: "clean", copied: 0 });
    pair.write("primary", "a", "changed");
    expect(await pair.run()).toMatchObject({ outcome: "clean", copied: 1, exceptions: [] });
  });

  it("leaves tags of its own to an object that was on the standby before", async () => {
    const pair = new ReplicatedPair();
    pair.write("primary", "a", "same", undefined, { team: "web" });
    pair.write("secondary", "a", "same", undefined, { team: "other" });
    expect(await pair.run()).toMatchObject({ copied: 0 });
    expect(await pair.clients.secondary.tags("a")).toEqual({ team: "other" });
  });
});

describe("absence (rules 6 and 7)", () => {
  it("does not bring back what was deleted on the destination before the flip", async () => {
    const pair = await replicated();
    pair.delete("primary", "a");
    pair.flip("secondary");
    expect(kinds(await pair.run())).toEqual(["deleted a"]);
    expect(pair.body("primary", "a")).toBeUndefined();
  });

  it("does not bring back what was written again with the same content, replicated, and then deleted", async () => {
    const pair = await replicated();
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
    const pair = await replicated();
    pair.flip("secondary");
    pair.delete("secondary", "a");
    expect(kinds(await pair.runWithoutDeletes())).toEqual(["stray a"]);
    expect(pair.body("primary", "a")).toBe("a1");
    pair.flip("primary");
    expect(kinds(await pair.run())).toEqual(["deleted a"]);
    expect(pair.body("secondary", "a")).toBeUndefined();
  });

  it("copies what was written again after such a deletion", async () => {
    const pair = await replicated();
    pair.flip("secondary");
    pair.delete("secondary", "a");
    await pair.run();
    pair.flip("primary");
    pair.write("primary", "a", "new life");
    expect(kinds(await pair.run())).toEqual([]);
    expect(pair.body("secondary", "a")).toBe("new life");
  });

  it("deletes with a delete marker what the source deleted, and leaves the version below it", async () => {
    const pair = await replicated();
    pair.delete("primary", "a");
    expect(await pair.run()).toMatchObject({ outcome: "clean", removed: 1, exceptions: [] });
    expect(pair.body("secondary", "a")).toBeUndefined();
    expect(pair.buckets.secondary.stack("a").map(({ kind }) => kind)).toEqual(["marker", "object"]);
    expect(await pair.run()).toMatchObject({ outcome: "clean", removed: 0, unchanged: 1 });
  });

  it("deletes nothing where the source's versions are gone, even when the source is empty", async () => {
    const pair = await replicated();
    for (const key of ["a", "b"]) {
      for (const { versionId } of pair.buckets.primary.stack(key))
        pair.buckets.primary.delete(key, versionId);
    }
    expect(kinds(await pair.run())).toEqual(["stray a", "stray b"]);
    expect(pair.body("secondary", "a")).toBe("a1");
  });

  it("needs two requests for a new object", async () => {
    const pair = await replicated();
    pair.write("primary", "c", "c1");
    await pair.run();
    expect(pair.requests.filter((request) => request.endsWith(" c"))).toEqual([
      "primary get c",
      "secondary put c",
    ]);
  });
});

describe("the watermark (rule 8)", () => {
  it("spares unchanged objects any request after a clean pass", async () => {
    const pair = await replicated();
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
    const pair = await replicated();
    pair.write("primary", "a", "a1", { cacheControl: "no-cache", metadata: {} });
    expect((await pair.run()).copied).toBe(1);
    expect((await pair.clients.secondary.head("a"))?.headers.cacheControl).toBe("no-cache");
  });

  it("does not move when a key failed, so that nothing is overlooked afterwards", async () => {
    const pair = await replicated();
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

  it("waits when there are more such differences than can be remembered", async () => {
    const pair = new ReplicatedPair();
    for (let index = 0; index < 1001; index += 1) {
      pair.write("primary", `key-${index}`, "same", { cacheControl: "no-cache", metadata: {} });
      pair.write("secondary", `key-${index}`, "same");
    }
    await pair.run();
    expect((await pair.run()).exceptionCounts.conflict).toBe(1001);
  });

  it("copies nothing in the first reverse pass, where every replica is younger than its original", async () => {
    const pair = await replicated();
    pair.flip("secondary");
    expect(await pair.run()).toMatchObject({ outcome: "clean", copied: 0, unchanged: 2 });
    expect(pair.puts).toEqual([]);
  });
});

describe("conditional writes (rule 9)", () => {
  it("looks again when the destination was written between the look and the write", async () => {
    const pair = await replicated();
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
    const pair = await replicated();
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

  it("leaves a key that never rests to the next run, and says so", async () => {
    const pair = await replicated();
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

describe("everything travels (rule 11)", () => {
  it("copies all headers, user metadata and tags", async () => {
    const pair = new ReplicatedPair();
    const headers: ObjectHeaders = {
      contentType: "text/css; charset=utf-8",
      cacheControl: "public, max-age=31536000, immutable",
      contentDisposition: "attachment; filename*=UTF-8''%e2%82%ac.css",
      contentEncoding: "gzip",
      contentLanguage: "de-CH, en",
      expires: "0",
      metadata: { author: "somebody", "build-id": "42" },
    };
    pair.write("primary", "a", "a1", headers, { team: "web", "cost centre": "a+b" });
    await pair.run();
    const { [STAMP_METADATA_KEY]: stamp, ...metadata } =
      (await pair.clients.secondary.head("a"))?.headers.metadata ?? {};
    const copied = await pair.clients.secondary.head("a");
    expect(stamp).toBeDefined();
    expect({ ...copied?.headers, metadata }).toEqual(headers);
    expect(await pair.clients.secondary.tags("a")).toEqual({ team: "web", "cost centre": "a+b" });
  });

  it("reports metadata that does not fit with the stamp, and copies none of it", async () => {
    const pair = new ReplicatedPair();
    pair.write("primary", "a", "a1", { metadata: { long: "x".repeat(1950) } });
    expect(kinds(await pair.run())).toEqual(["unsupported a"]);
    expect(pair.body("secondary", "a")).toBeUndefined();
  });

  it("copies an Expires that is no date where the destination keeps it, and reports it where it does not", async () => {
    const pair = new ReplicatedPair();
    pair.write("primary", "a", "a1", { expires: "0", metadata: {} });
    expect((await pair.run()).copied).toBe(1);

    const dropping = new ReplicatedPair();
    const put = dropping.clients.secondary.put.bind(dropping.clients.secondary);
    dropping.clients.secondary.put = (key, request) =>
      put(key, { ...request, headers: { ...request.headers, expires: undefined } });
    dropping.write("primary", "a", "a1", { expires: "0", metadata: {} });
    dropping.write("primary", "b", "b1", { expires: "Sun, 06 Nov 1994 08:49:37 GMT", metadata: {} });
    expect(kinds(await dropping.run())).toEqual(["unsupported a"]);
    expect(dropping.body("secondary", "a")).toBeUndefined();
  });

  it("copies an object of several parts, and knows it again", async () => {
    const pair = new ReplicatedPair();
    const bytes = Buffer.alloc(3_000_000, "x");
    const part = { content: bytes, size: bytes.length, etag: "0".repeat(32) };
    pair.clock.advance(1000);
    pair.buckets.primary.put("a", { parts: [part], multipart: true, headers: { metadata: {} }, tags: {} });
    expect((await pair.run()).copied).toBe(1);
    expect(await pair.run()).toMatchObject({ copied: 0, unchanged: 1 });
    pair.flip("secondary");
    expect(await pair.run()).toMatchObject({ copied: 0, unchanged: 1 });
  });

  it("leaves state and health objects where they are", async () => {
    const pair = new ReplicatedPair();
    pair.write("primary", HEALTH_KEY, "primary");
    pair.write("primary", `${STATE_PREFIX}anything`, "x");
    expect(await pair.run()).toMatchObject({ outcome: "clean", listed: 0, copied: 0 });
    expect(pair.body("secondary", HEALTH_KEY)).toBeUndefined();
  });
});

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
});

describe("the sync point (rule 14)", () => {
  it("is the source's time at the first listing, less a second", async () => {
    const pair = await replicated();
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
    const pair = await replicated();
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
    const pair = await replicated();
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
    const pair = await replicated();
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
});

describe("running twice (invariant I7)", () => {
  it("puts nothing the second time outside the state prefix, in either direction", async () => {
    const pair = await replicated();
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
