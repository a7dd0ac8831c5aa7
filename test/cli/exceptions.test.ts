import { beforeEach, describe, expect, it } from "@jest/globals";
import { type FoundExceptions, findExceptions } from "../../cli/exceptions/find-exceptions";
import { lookAtException } from "../../cli/exceptions/open-exception";
import { type Resolution, type Resolved, resolveKey } from "../../cli/exceptions/resolve-key";
import type { ExceptionKind } from "../../lambda/replicator/report";
import { handStores } from "../../lambda/replicator/sync-by-hand";
import { StoreError } from "../../lambda/s3/store-error";
import { ReplicatedPair } from "../support/replicated-pair";

const ALL_KINDS: readonly ExceptionKind[] = ["conflict", "late", "stray"];

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
