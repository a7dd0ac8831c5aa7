import { stripVTControlCharacters } from "node:util";
import { beforeEach, describe, expect, it } from "@jest/globals";
import { exceptionsText, resolvedText } from "../../cli/exceptions/exceptions-text";
import { type FoundExceptions, findExceptions } from "../../cli/exceptions/find-exceptions";
import { lookAtException } from "../../cli/exceptions/open-exception";
import { type Resolution, type Resolved, resolveKey } from "../../cli/exceptions/resolve-key";
import type { ExceptionKind } from "../../lambda/replicator/report";
import { handStores } from "../../lambda/replicator/sync-by-hand";
import { StoreError } from "../../lambda/s3/store-error";
import { InMemoryObjectClient, type ObjectClientOperation } from "../support/in-memory-object-client";
import { ReplicatedPair, storeError } from "../support/replicated-pair";
import { UncountingObjectClient } from "../support/uncounting-object-client";

const ALL_KINDS: readonly ExceptionKind[] = ["conflict", "late", "deleted", "stray"];

let pair: ReplicatedPair;

beforeEach(async () => {
  pair = await ReplicatedPair.replicated();
});

/** As the commands see the two stores: from the active one to the standby. */
function stores(direction: "to-secondary" | "to-primary" = "to-secondary", dryRun = false) {
  const { primary, secondary } = pair.clients;
  const [source, destination] = direction === "to-secondary" ? [primary, secondary] : [secondary, primary];
  return handStores({ source, destination, clock: pair.clock, dryRun });
}

async function find(
  options: { kinds?: readonly ExceptionKind[]; prefix?: string } = {},
): Promise<FoundExceptions> {
  const { kinds = ALL_KINDS, prefix } = options;
  return findExceptions({
    ...(await stores(undefined, true)),
    kinds,
    prefix,
    signal: new AbortController().signal,
  });
}

async function resolve(key: string, resolution: Resolution): Promise<Resolved> {
  return resolveKey(key, resolution, (await stores()).stores);
}

function named({ exceptions }: FoundExceptions): string[] {
  return exceptions.map(({ key, kind }) => `${key} ${kind}`);
}

/** `a` is written on both sides, `stray` on the secondary only. */
function makeMess(): void {
  pair.write("primary", "a", "here");
  pair.write("secondary", "a", "there");
  pair.write("secondary", "stray", "left over");
}

describe("open keys", () => {
  it("are found in key order, of the kinds that were asked for, and nothing is changed", async () => {
    makeMess();
    pair.write("secondary", "b", "not the replica", { metadata: { late: "1" } });
    pair.requests = [];
    expect(named(await find())).toEqual(["a conflict", "b conflict", "stray stray"]);
    expect(named(await find({ kinds: ["stray"] }))).toEqual(["stray stray"]);
    expect(named(await find({ prefix: "b" }))).toEqual(["b conflict"]);
    expect(
      pair.requests.filter((request) => !/ (list|head|get|versions|versioning|tags)\b/.test(request)),
    ).toEqual([]);
  });

  it("are found although an interrupted sync has passed them, and their listings look equal", async () => {
    pair.write("primary", "a", "same", { metadata: { side: "here" } });
    pair.write("secondary", "a", "same", { metadata: { side: "there" } });
    for (const key of ["c", "d", "e", "f"]) pair.write("primary", key, key);
    const stop = new AbortController();
    const interrupted = await pair.sync({
      signal: stop.signal,
      limits: { smallAtFirst: 1, smallAtMost: 1 },
      onSettled: () => stop.abort(),
    });
    expect(interrupted.outcome).toBe("incomplete");
    expect(named(await find())).toEqual(["a conflict"]);
    await pair.run();
    await pair.run();
    expect(named(await find())).toEqual(["a conflict"]);
  });

  it("are shown with both sides, and with what a replica was copied from", async () => {
    const original = await pair.clients.primary.head("b");
    makeMess();
    const { stores: parties } = await stores(undefined, true);
    const [conflict, stray] = await Promise.all(
      (await find()).exceptions.map((exception) => lookAtException(exception, parties)),
    );
    expect(conflict).toMatchObject({
      key: "a",
      kind: "conflict",
      source: { size: 4, kind: "native", versionId: expect.stringMatching(/^p/) },
      destination: { size: 5, kind: "native", versionId: expect.stringMatching(/^s/) },
    });
    expect(conflict?.source).not.toHaveProperty("origin");
    expect(stray).not.toHaveProperty("source");
    const replica = await lookAtException({ key: "b", kind: "conflict", reason: "" }, parties);
    expect(replica.destination).toMatchObject({
      kind: "replica",
      origin: { store: "source", versionId: original?.versionId, etag: original?.etag },
    });
  });
});

describe("a resolution", () => {
  it("brings tags from the side that is kept, also where only the other one counts them", async () => {
    pair = await ReplicatedPair.replicated({
      clientOf: (store, options) =>
        store === "secondary" ? new UncountingObjectClient(options) : new InMemoryObjectClient(options),
    });
    pair.write("primary", "a", "here");
    pair.write("secondary", "a", "there", undefined, { team: "web" });
    expect(await resolve("a", "keep-destination")).toMatchObject({ outcome: "resolved", wrote: "source" });
    expect(await pair.clients.primary.tags("a")).toEqual({ team: "web" });
  });

  it.each([
    ["keep-source", "a", { primary: "here", secondary: "here" }, "destination"],
    ["keep-destination", "a", { primary: "there", secondary: "there" }, "source"],
    ["restore", "stray", { primary: "left over", secondary: "left over" }, "source"],
    ["delete", "stray", { primary: undefined, secondary: undefined }, "destination"],
  ] as const)(
    "%s makes %s equal, keeps what it covers, and leaves nothing to report",
    async (resolution, key, bodies, wrote) => {
      makeMess();
      const before = { primary: pair.stack("primary", key), secondary: pair.stack("secondary", key) };
      expect(await resolve(key, resolution)).toMatchObject({ key, outcome: "resolved", wrote });

      expect({ primary: pair.body("primary", key), secondary: pair.body("secondary", key) }).toEqual(bodies);
      for (const store of ["primary", "secondary"] as const) {
        const written = (store === "primary") === (wrote === "source");
        expect(pair.stack(store, key).slice(written ? 1 : 0)).toEqual(before[store]);
      }
      const other = key === "a" ? ["stray stray"] : ["a conflict"];
      for (const report of [await pair.run(), await pair.sync()]) {
        expect(report.exceptions.map((exception) => `${exception.key} ${exception.kind}`)).toEqual(other);
        expect(pair.puts).toEqual([]);
      }
      expect(named(await find())).toEqual(other);
    },
  );

  it.each([
    ["keep-source", "a"],
    ["keep-destination", "a"],
    ["restore", "stray"],
  ] as const)("%s leaves a history by which later writes are replicated", async (resolution, key) => {
    makeMess();
    await resolve(key, resolution);
    pair.write("primary", key, "later");
    await pair.run();
    expect(pair.body("secondary", key)).toBe("later");
    pair.delete("primary", key);
    await pair.run();
    expect(pair.body("secondary", key)).toBeUndefined();
  });

  it("of a key that was written too late before a flip is as good in either direction", async () => {
    for (const [key, resolution, kept] of [
      ["a", "keep-source", "a1"],
      ["b", "keep-destination", "late b"],
    ] as const) {
      pair.write("primary", key, `late ${key}`);
      pair.flip("secondary");
      await pair.run();
      const back = (await stores("to-primary")).stores;
      expect(await resolveKey(key, resolution, back)).toMatchObject({ outcome: "resolved" });
      expect([pair.body("primary", key), pair.body("secondary", key)]).toEqual([kept, kept]);
      const { exceptions } = await pair.run();
      expect(exceptions).toEqual([]);
      pair.flip("primary");
      await pair.run();
    }
  });

  it("of a key that was deleted too late before a flip is as good in either direction", async () => {
    for (const [key, resolution, kept] of [
      ["a", "keep-source", "a1"],
      ["b", "keep-destination", undefined],
    ] as const) {
      pair.delete("primary", key);
      pair.flip("secondary");
      expect((await pair.run()).exceptions).toMatchObject([{ key, kind: "deleted" }]);
      const back = (await stores("to-primary")).stores;
      expect(await resolveKey(key, resolution, back)).toMatchObject({ outcome: "resolved" });
      expect(bodies(key)).toEqual([kept, kept]);
      expect((await pair.run()).exceptions).toEqual([]);
      pair.flip("primary");
      expect((await pair.run()).exceptions).toEqual([]);
    }
  });

  it("keeps an object in parts with its ETag, headers and tags", async () => {
    pair.writeParts(
      "secondary",
      "a",
      ["one", "two"],
      { contentType: "text/x", metadata: { m: "1" } },
      { t: "1" },
    );
    pair.write("primary", "a", "other");
    expect(await resolve("a", "keep-destination")).toMatchObject({ outcome: "resolved" });
    const [left, right] = await Promise.all([
      pair.clients.primary.head("a"),
      pair.clients.secondary.head("a"),
    ]);
    expect(left?.etag).toBe(right?.etag);
    expect(left?.headers).toMatchObject({ contentType: "text/x", metadata: { m: "1" } });
    expect(await pair.clients.primary.tags("a")).toEqual({ t: "1" });
    expect((await pair.run()).exceptions).toEqual([]);
  });

  it.each([
    ["equal", "b", "keep-source", "both sides are equal"],
    ["new", "new", "keep-source", "the next sync makes both sides equal"],
    ["a stray", "stray", "keep-source", "stray: "],
    ["in conflict", "a", "delete", "conflict: "],
    ["nowhere", "nowhere", "restore", "both sides are equal, or neither has it"],
  ] as const)(
    "of a key that is %s is none, and says how it stands",
    async (_what, key, resolution, reason) => {
      makeMess();
      pair.write("primary", "new", "x");
      pair.requests = [];
      expect(await resolve(key, resolution)).toEqual({
        key,
        outcome: "not-open",
        reason: expect.stringContaining(reason),
      });
      expect(pair.puts).toEqual([]);
    },
  );

  it.each([
    ["keep-source", "secondary", "a"],
    ["keep-destination", "primary", "a"],
    ["delete", "secondary", "stray"],
    ["restore", "primary", "stray"],
  ] as const)(
    "%s covers nothing that was written on the %s at the same moment",
    async (resolution, store, key) => {
      makeMess();
      let judged = false;
      pair.intercept = (on, operation, of) => {
        // Its own write, or what it looks at just before: by then the key has been judged.
        if (judged || on !== store || of !== key || !["put", "delete"].includes(operation)) return;
        judged = true;
        pair.write(store, key, "newer");
      };
      expect(await resolve(key, resolution)).toMatchObject({ outcome: "failed" });
      expect(judged).toBe(true);
      expect(pair.body(store, key)).toBe("newer");
    },
  );

  it("that a store refuses says why", async () => {
    makeMess();
    pair.intercept = (store, operation, key) => {
      if (store !== "secondary" || operation !== "put" || key !== "a") return;
      throw new StoreError("PutObject: no", {
        kind: "access-denied",
        operation: "PutObject",
        bucket: "b",
        key,
      });
    };
    expect(await resolve("a", "keep-source")).toEqual({
      key: "a",
      outcome: "failed",
      reason: "PutObject: no",
    });
  });
});

/** How `key` can have been deleted on the secondary, and stand on the primary. */
const DELETIONS = [
  [
    "a replica",
    async (key: string) => {
      pair.write("primary", key, "old");
      await pair.run();
      pair.flip("secondary");
      await pair.run();
      pair.delete("secondary", key);
    },
  ],
  [
    "an original",
    async (key: string) => {
      pair.flip("secondary");
      pair.write("secondary", key, "old");
      await pair.run();
      pair.delete("secondary", key);
    },
  ],
] as const;

/** Back to the primary, before any run could place the deletion there. */
async function deleteOnStandby(key: string, [, deleted]: (typeof DELETIONS)[number] = DELETIONS[0]) {
  await deleted(key);
  await pair.runWithoutDeletes();
  pair.flip("primary");
  expect((await pair.run()).exceptions).toMatchObject([{ key, kind: "deleted" }]);
}

function bodies(key: string): [primary: string | undefined, secondary: string | undefined] {
  return [pair.body("primary", key), pair.body("secondary", key)];
}

describe.each(DELETIONS)("%s that was deleted on the destination", (...deletion) => {
  beforeEach(() => deleteOnStandby("k", deletion));

  it("is shown with the delete marker, and with what that hides", async () => {
    const [marker, hidden] = pair.buckets.secondary.stack("k");
    const [standing] = pair.buckets.primary.stack("k");
    if (marker?.kind !== "marker" || hidden?.kind !== "object") throw new Error("not deleted there");
    expect(named(await find())).toEqual(["k deleted"]);
    const { stores: parties } = await stores(undefined, true);
    const [found] = (await find()).exceptions;
    const shown = await lookAtException(found ?? { key: "", kind: "failed", reason: "" }, parties);
    expect(shown).toMatchObject({ source: { size: 3, versionId: standing?.versionId } });
    expect(shown.destination).toEqual({
      kind: "deleted",
      lastModified: new Date(marker.lastModified).toISOString(),
      versionId: marker.versionId,
      hides: { versionId: hidden.versionId, etag: hidden.etag },
    });
    // Colours are on wherever CI is set.
    expect(stripVTControlCharacters(exceptionsText([shown]))).toMatch(
      new RegExp(
        `deleted {2}k\n.*not brought back\n +source +3 B .*version ${standing?.versionId} .*\n` +
          ` +destination +– .*deleted +version ${marker.versionId} .*above version ${hidden.versionId}`,
      ),
    );
  });

  it("is brought back by keeping the source's, and has a history from then on", async () => {
    const before = { primary: pair.stack("primary", "k"), secondary: pair.stack("secondary", "k") };
    const resolved = await resolve("k", "keep-source");
    expect(resolved).toEqual({
      key: "k",
      outcome: "resolved",
      resolution: "keep-source",
      wrote: "destination",
      placed: "replica",
    });
    expect(resolvedText([resolved])).toMatch(/k: written on the destination$/);
    expect(bodies("k")).toEqual(["old", "old"]);
    expect(pair.stack("primary", "k")).toEqual(before.primary);
    expect(pair.stack("secondary", "k").slice(1)).toEqual(before.secondary);
    await expectNothingOpen();

    pair.write("primary", "k", "newer");
    await pair.run();
    pair.flip("secondary");
    await pair.run();
    pair.write("secondary", "k", "newest");
    await pair.run();
    expect(bodies("k")).toEqual(["newest", "newest"]);
    pair.delete("secondary", "k");
    expect((await pair.run()).exceptions).toEqual([]);
    expect(bodies("k")).toEqual([undefined, undefined]);
  });

  it("is deleted on the source as well by keeping the deletion, and may be written again", async () => {
    const before = { primary: pair.stack("primary", "k"), secondary: pair.stack("secondary", "k") };
    const [standing] = pair.buckets.primary.stack("k");
    const resolved = await resolve("k", "keep-destination");
    expect(resolved).toEqual({
      key: "k",
      outcome: "resolved",
      resolution: "keep-destination",
      wrote: "source",
      placed: "delete-marker",
      olderVersion: standing?.versionId,
    });
    expect(resolvedText([resolved])).toContain(
      `deleted on the source; version ${standing?.versionId} remains`,
    );
    expect(bodies("k")).toEqual([undefined, undefined]);
    expect(pair.stack("primary", "k")).toEqual([expect.stringMatching(/^marker/), ...before.primary]);
    expect(pair.stack("secondary", "k")).toEqual(before.secondary);
    await expectNothingOpen();
    expect(await resolve("k", "keep-destination")).toMatchObject({ outcome: "not-open" });

    pair.write("primary", "k", "another");
    await pair.run();
    expect(bodies("k")).toEqual(["another", "another"]);
  });

  it("is not what a stray's resolutions are for", async () => {
    for (const resolution of ["delete", "restore"] as const) {
      expect(await resolve("k", resolution)).toMatchObject({
        outcome: "not-open",
        reason: expect.stringMatching(/^deleted: /),
      });
    }
    expect(bodies("k")).toEqual(["old", undefined]);
  });
});

async function expectNothingOpen(): Promise<void> {
  for (const report of [await pair.run(), await pair.sync()]) {
    expect(report.exceptions).toEqual([]);
    expect(pair.puts).toEqual([]);
  }
  expect(named(await find())).toEqual([]);
}

describe("a resolution of a deletion", () => {
  beforeEach(() => deleteOnStandby("k"));

  /** Does something just before the first such request of a resolution reaches the store. */
  function justBefore(
    store: "primary" | "secondary",
    operation: ObjectClientOperation,
    meddle: () => void,
  ): void {
    pair.intercept = (on, what, key) => {
      if (on !== store || what !== operation || key !== "k") return;
      pair.intercept = () => undefined;
      meddle();
    };
  }

  it("brings nothing back over what was written on the destination at the same moment", async () => {
    justBefore("secondary", "put", () => pair.write("secondary", "k", "newer"));
    expect(await resolve("k", "keep-source")).toMatchObject({
      outcome: "failed",
      reason: expect.stringContaining("at the same moment"),
    });
    expect(bodies("k")).toEqual(["old", "newer"]);
  });

  it("takes the delete marker back from what was written on the source at the same moment", async () => {
    justBefore("primary", "delete", () => pair.write("primary", "k", "newer"));
    expect(await resolve("k", "keep-destination")).toEqual({
      key: "k",
      outcome: "failed",
      reason: "it changed at the same moment; look at it again",
    });
    expect(pair.stack("primary", "k")).toEqual([
      expect.stringMatching(/^newer/),
      expect.stringMatching(/^old/),
    ]);
  });

  it("deletes nothing once the deletion was undone", async () => {
    const [marker] = pair.buckets.secondary.stack("k");
    // Asked when the marker is about to be placed: by then the key has been judged.
    justBefore("primary", "versions", () => pair.buckets.secondary.delete("k", marker?.versionId));
    expect(await resolve("k", "keep-destination")).toMatchObject({ outcome: "failed" });
    expect(bodies("k")).toEqual(["old", "old"]);
  });

  it("is done once where the answer was lost", async () => {
    pair.interceptAfter = (store, operation) => {
      if (store !== "primary" || operation !== "delete") return;
      pair.interceptAfter = () => undefined;
      throw storeError("unreachable");
    };
    expect(await resolve("k", "keep-destination")).toMatchObject({ outcome: "resolved" });
    expect(pair.stack("primary", "k")).toEqual([
      expect.stringMatching(/^marker/),
      expect.stringMatching(/^old/),
    ]);
  });

  it("names the delete marker that hides something newer where it may not be taken back", async () => {
    let deletes = 0;
    pair.intercept = (store, operation) => {
      if (store !== "primary" || operation !== "delete") return;
      deletes += 1;
      if (deletes > 1) throw storeError("access-denied");
      pair.write("primary", "k", "newer");
    };
    const resolved = await resolve("k", "keep-destination");
    const [marker, newer] = pair.buckets.primary.stack("k");
    expect(resolved).toMatchObject({
      outcome: "failed",
      reason: expect.stringContaining(
        `delete marker ${marker?.versionId} hides version ${newer?.versionId}, which is newer`,
      ),
    });
  });

  it("that is refused says why, and nothing of a marker", async () => {
    justBefore("primary", "delete", () => {
      throw storeError("access-denied");
    });
    expect(await resolve("k", "keep-destination")).toEqual({
      key: "k",
      outcome: "failed",
      reason: "made to fail: access-denied",
    });
    expect(bodies("k")).toEqual(["old", undefined]);
  });
});

describe("where a store keeps no versions", () => {
  it("what would be lost is refused, on either side", async () => {
    pair = await ReplicatedPair.replicated({ unversioned: ["primary", "secondary"] });
    pair.write("primary", "a", "here");
    pair.write("secondary", "a", "there");
    for (const [resolution, side] of [
      ["keep-source", "destination"],
      ["keep-destination", "source"],
    ] as const) {
      expect(await resolve("a", resolution)).toEqual({
        key: "a",
        outcome: "failed",
        reason: `the ${side} keeps no versions of it, so what is there now would be lost`,
      });
    }
    expect(bodies("a")).toEqual(["here", "there"]);
  });

  it("an object that is gone from the destination is brought back, and not deleted on the source", async () => {
    pair = await ReplicatedPair.replicated({ unversioned: ["primary", "secondary"] });
    await deleteOnStandby("k", DELETIONS[1]);
    const { stores: parties } = await stores(undefined, true);
    const found = (await find()).exceptions.map((exception) => lookAtException(exception, parties));
    // Nothing is left of a deletion there.
    expect(await Promise.all(found)).toEqual([
      { key: "k", kind: "deleted", reason: expect.any(String), source: expect.anything() },
    ]);
    expect(await resolve("k", "keep-destination")).toMatchObject({ outcome: "failed" });
    expect(bodies("k")).toEqual(["old", undefined]);
    expect(await resolve("k", "keep-source")).toMatchObject({ outcome: "resolved" });
    expect(bodies("k")).toEqual(["old", "old"]);
    await expectNothingOpen();
  });

  it("a folder's own key is left alone, though the bucket keeps versions of others", async () => {
    const bucket = pair.buckets.secondary;
    pair.write("primary", "folder/", "here");
    bucket.versioning = "Suspended";
    pair.write("secondary", "folder/", "there");
    pair.write("secondary", "stray/", "left over");
    bucket.versioning = "Enabled";
    for (const [key, resolution] of [
      ["folder/", "keep-source"],
      ["stray/", "delete"],
    ] as const) {
      expect(await resolve(key, resolution)).toMatchObject({
        outcome: "failed",
        reason: expect.stringContaining("keeps no versions of it"),
      });
    }
    expect(bodies("folder/")).toEqual(["here", "there"]);
    expect(pair.body("secondary", "stray/")).toBe("left over");
  });
});
