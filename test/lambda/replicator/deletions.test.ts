import { describe, expect, it } from "@jest/globals";
import { kinds, ReplicatedPair } from "../../support/replicated-pair";

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
    expect(pair.body("secondary", "a")).toBeUndefined();
    expect(pair.buckets.secondary.stack("a").map(({ kind }) => kind)).toEqual(["marker", "object"]);
    expect(await pair.run()).toMatchObject({ outcome: "clean", removed: 0, unchanged: 1 });
  });

  it("deletes nothing where the source's versions are gone, even when the source is empty", async () => {
    const pair = await ReplicatedPair.replicated();
    for (const key of ["a", "b"]) {
      for (const { versionId } of pair.buckets.primary.stack(key))
        pair.buckets.primary.delete(key, versionId);
    }
    expect(kinds(await pair.run())).toEqual(["stray a", "stray b"]);
    expect(pair.body("secondary", "a")).toBe("a1");
  });
});
