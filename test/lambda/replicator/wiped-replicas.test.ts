import { describe, expect, it } from "@jest/globals";
import { PROGRESS_KEY, STORE_IDENTITY_KEY } from "../../../contract/state-keys";
import type { ListingPage } from "../../../lambda/s3/object-client";
import { kinds, ReplicatedPair, storeError } from "../../support/replicated-pair";

const deletes = (pair: ReplicatedPair) => pair.requests.filter((request) => request.includes(" delete"));

describe("what has wiped replicas elsewhere deletes nothing (rule 7)", () => {
  /** Everything that the replica held still stands there, and nothing was even asked to go. */
  function expectUntouched(pair: ReplicatedPair): void {
    expect(deletes(pair)).toEqual([]);
    expect([pair.body("secondary", "a"), pair.body("secondary", "b")]).toEqual(["a1", "b1"]);
  }

  function emptied(pair: ReplicatedPair): void {
    for (const key of [...pair.buckets.primary.keysFrom("")]) {
      for (const { versionId } of pair.buckets.primary.stack(key))
        pair.buckets.primary.delete(key, versionId);
    }
  }

  it("a source whose objects and versions are gone", async () => {
    const pair = await ReplicatedPair.replicated();
    for (const key of ["a", "b"]) {
      for (const { versionId } of pair.buckets.primary.stack(key))
        pair.buckets.primary.delete(key, versionId);
    }
    expect(kinds(await pair.run())).toEqual(["stray a", "stray b"]);
    expectUntouched(pair);
  });

  it("another, empty bucket in place of the source", async () => {
    const pair = await ReplicatedPair.replicated();
    emptied(pair);
    const report = await pair.run();
    expect(report.outcome).toBe("stopped");
    expect(report.reason).toContain("replaced or restored");
    expectUntouched(pair);
  });

  it("another, empty bucket in place of the source, by hand", async () => {
    const pair = await ReplicatedPair.replicated();
    emptied(pair);
    await pair.sync();
    expectUntouched(pair);
  });

  it("a source restored from a snapshot of itself, with the identity of another store", async () => {
    const pair = await ReplicatedPair.replicated();
    emptied(pair);
    pair.write("primary", STORE_IDENTITY_KEY, JSON.stringify({ id: "restored-from-snapshot" }));
    pair.write("primary", "b", "b0");
    pair.delete("primary", "a");
    expect((await pair.run()).outcome).toBe("stopped");
    expectUntouched(pair);
  });

  it("a source that cannot be reached half way", async () => {
    const pair = await ReplicatedPair.replicated();
    for (const key of ["a", "b"]) pair.delete("primary", key);
    pair.intercept = (store, operation, key) => {
      if (store === "primary" && operation === "versions" && key === "a") throw storeError("unreachable");
    };
    expect(kinds(await pair.run())).toContain("failed a");
    expect(pair.body("secondary", "a")).toBe("a1");
  });

  it.each([
    [
      "says that it is the whole",
      (page: ListingPage) => ({ ...page, objects: page.objects.slice(0, 1), isTruncated: false }),
    ],
    ["is empty", (page: ListingPage) => ({ ...page, objects: [], isTruncated: false })],
  ])("half a listing that %s", async (_what, shorten) => {
    const pair = await ReplicatedPair.replicated();
    const list = pair.clients.primary.list.bind(pair.clients.primary);
    pair.clients.primary.list = async (request) => shorten(await list(request));
    expect(await pair.run()).toMatchObject({ removed: 0, exceptions: [] });
    expectUntouched(pair);
  });

  it.each([
    ["goes on and shows nothing", (page: ListingPage) => ({ ...page, objects: [], isTruncated: true })],
    ["is out of order", (page: ListingPage) => ({ ...page, objects: page.objects.toReversed() })],
    [
      "repeats a key",
      (page: ListingPage) => ({ ...page, objects: [...page.objects, ...page.objects.slice(-1)] }),
    ],
  ])("a listing that %s", async (_what, spoil) => {
    const pair = await ReplicatedPair.replicated();
    const list = pair.clients.primary.list.bind(pair.clients.primary);
    pair.clients.primary.list = async (request) => spoil(await list(request));
    expect((await pair.run()).outcome).toBe("stopped");
    expectUntouched(pair);
  });

  it("saved progress of another epoch, with a direction that was turned and turned back", async () => {
    const pair = await ReplicatedPair.replicated();
    pair.flip("secondary");
    await pair.run();
    pair.flip("primary");
    const saved = JSON.parse(pair.body("secondary", PROGRESS_KEY) ?? "{}") as object;
    const passBegan = new Date(pair.clock.monotonic()).toISOString();
    const checkpoint = { after: "zzz", passBegan, failed: 0, exceptions: 0 };
    pair.write("secondary", PROGRESS_KEY, JSON.stringify({ ...saved, checkpoint }));
    expect(await pair.run()).toMatchObject({ outcome: "clean", unchanged: 2, removed: 0 });
    expectUntouched(pair);
  });

  it("somebody who deletes everything at once", async () => {
    const pair = await ReplicatedPair.replicatedKeys(50);
    for (let index = 0; index < 50; index += 1) pair.delete("primary", `key-${index}`);
    expect(await pair.run()).toMatchObject({ outcome: "failed", exceptionCounts: { withheld: 50 } });
    expect(deletes(pair)).toEqual([]);
  });

  it("somebody who deletes more than can be remembered", async () => {
    const count = 2_100;
    const pair = await ReplicatedPair.replicatedKeys(count);
    for (let index = 0; index < count; index += 1) pair.delete("primary", `key-${index}`);
    const policy = { mode: "markers", mostKeys: 20, mostPercent: 100 } as const;
    const report = await pair.run({ deletes: policy });
    expect(report).toMatchObject({ outcome: "failed", removed: 0, exceptionCounts: { withheld: count } });
    const reasons = report.exceptions.map(({ reason }) => /as (.*) keys are/.exec(reason)?.[1]);
    expect(new Set(reasons)).toEqual(new Set(["more than 2000", String(count)]));
    const off = await pair.run({ deletes: { ...policy, mode: "off" } });
    expect(off).toMatchObject({ outcome: "clean", exceptionCounts: { stray: count } });
    expect(deletes(pair)).toEqual([]);
  });

  it("an expired delete marker, after a lifecycle rule removed the versions below it", async () => {
    const pair = await ReplicatedPair.replicated();
    pair.delete("primary", "a");
    for (const { versionId } of pair.buckets.primary.stack("a")) pair.buckets.primary.delete("a", versionId);
    expect(kinds(await pair.run())).toEqual(["stray a"]);
    expectUntouched(pair);
  });
});
