import { describe, expect, it } from "@jest/globals";
import { STAMP_METADATA_KEY } from "../../../contract/stamp";
import { STORE_IDENTITY_KEY } from "../../../contract/state-keys";
import type { StoreName } from "../../../contract/stores";
import type { ObjectHead, ReadRequest } from "../../../lambda/s3/object-client";
import { InMemoryObjectClient, writeObject } from "../../support/in-memory-object-client";
import { kinds, ReplicatedPair } from "../../support/replicated-pair";

describe("the stamp (rule 4)", () => {
  it("takes an object that was rewritten on the standby for native, whatever stamp it kept", async () => {
    const pair = await ReplicatedPair.replicated();
    const replica = await pair.clients.secondary.head("a");
    pair.write("secondary", "a", "rewritten", replica?.headers);
    pair.write("primary", "a", "a2");
    expect(kinds(await pair.run())).toEqual(["conflict a"]);
    expect(pair.body("secondary", "a")).toBe("rewritten");
  });

  it("knows the replica of an object whose ETag is no MD5, in either direction", async () => {
    const pair = new ReplicatedPair();
    pair.writeEncrypted("primary", "a");
    pair.writeEncrypted("primary", "b");
    expect((await pair.run()).copied).toBe(2);
    pair.flip("secondary");
    pair.write("secondary", "a", "a2");
    pair.delete("secondary", "b");
    expect(await pair.run()).toMatchObject({ removed: 1, exceptions: [] });
    expect(pair.body("primary", "a")).toBe("a2");
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

  it("adopts what carries the same tags", async () => {
    const pair = new ReplicatedPair();
    for (const store of ["primary", "secondary"] as const)
      pair.write(store, "a", "same", undefined, { team: "web", place: "here" });
    expect(await pair.run()).toMatchObject({ outcome: "clean", copied: 1 });
    expect(await pair.clients.secondary.tags("a")).toEqual({ team: "web", place: "here" });
  });

  it("adopts nothing that was written in the second in which replication began", async () => {
    const pair = new ReplicatedPair();
    pair.write("primary", "a", "same");
    pair.intercept = (store, operation, key) => {
      if (store !== "secondary" || operation !== "put" || key !== STORE_IDENTITY_KEY) return;
      writeObject(pair.buckets.secondary, "a", "same");
    };
    expect(await pair.run()).toMatchObject({ outcome: "clean", copied: 0, unchanged: 1 });
  });

  it("adopts nothing once the standby was active: then its clients may have meant what they left alone", async () => {
    const pair = new ReplicatedPair();
    pair.write("primary", "a", "same", undefined, { team: "web" });
    pair.write("secondary", "a", "same", undefined, { team: "other" });
    await pair.run();
    for (const active of ["secondary", "primary"] as const) {
      pair.flip(active);
      await pair.run();
    }
    await pair.clients.primary.putTags("a", { team: "other" });
    for (const active of ["secondary", "primary"] as const) {
      pair.flip(active);
      expect(await pair.run()).toMatchObject({ outcome: "clean", copied: 0, unchanged: 1 });
    }
  });

  it("takes equal objects for equal, even if no replication made them so", async () => {
    const pair = await ReplicatedPair.replicated();
    pair.write("primary", "c", "same");
    pair.write("secondary", "c", "same");
    expect(await pair.run()).toMatchObject({ outcome: "clean", unchanged: 3, copied: 0 });
  });

  it("adopts what stood on the standby before, and nothing that a client put there later", async () => {
    const pair = new ReplicatedPair();
    for (const key of ["equal", "later", "other"]) pair.write("primary", key, key);
    pair.write("secondary", "equal", "equal");
    pair.write("secondary", "other", "not the same");
    const report = await pair.run();
    expect(kinds(report)).toEqual(["conflict other"]);
    pair.delete("secondary", "later");
    pair.write("secondary", "later", "later");
    await pair.run();
    expect((await pair.clients.secondary.head("equal"))?.headers.metadata[STAMP_METADATA_KEY]).toBeDefined();
    expect(
      (await pair.clients.secondary.head("later"))?.headers.metadata[STAMP_METADATA_KEY],
    ).toBeUndefined();
  });
});

describe("lineage (rule 5)", () => {
  it("lets an overwrite follow its replica", async () => {
    const pair = await ReplicatedPair.replicated();
    pair.write("primary", "a", "a2");
    expect((await pair.run()).copied).toBe(1);
    expect(pair.body("secondary", "a")).toBe("a2");
  });

  it("asks for no version stack before an overwrite, as long as the standby was never active", async () => {
    const pair = await ReplicatedPair.replicated();
    pair.write("primary", "a", "a2");
    await pair.run();
    expect(pair.requests).toContain("secondary put a");
    expect(pair.requests.filter((request) => request.endsWith("versions a"))).toEqual([]);
  });

  it("lets the reverse direction replace exactly the version that was replicated", async () => {
    const pair = await ReplicatedPair.replicated();
    pair.flip("secondary");
    pair.write("secondary", "a", "a2 of secondary");
    const report = await pair.run();
    expect(kinds(report)).toEqual([]);
    expect(pair.body("primary", "a")).toBe("a2 of secondary");
  });

  it("goes on after several flips", async () => {
    const pair = await ReplicatedPair.replicated();
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
    const pair = await ReplicatedPair.replicated();
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
    const pair = await ReplicatedPair.replicated();
    pair.write("primary", "a", "unreplicated");
    pair.flip("secondary");
    expect(kinds(await pair.run())).toEqual(["late a"]);
    expect(pair.body("primary", "a")).toBe("unreplicated");
    // Once the primary is active again, it is simply newer.
    pair.flip("primary");
    expect(kinds(await pair.run())).toEqual([]);
    expect(pair.body("secondary", "a")).toBe("unreplicated");
  });

  it("copies the active store's return to an older content", async () => {
    const pair = await ReplicatedPair.replicated();
    pair.write("primary", "a", "a2");
    await pair.run();
    pair.write("primary", "a", "a1");
    expect((await pair.run()).copied).toBe(1);
    expect(pair.body("secondary", "a")).toBe("a1");
  });

  it("follows a rewrite with the same content, so that the other side's next write is no conflict", async () => {
    const pair = await ReplicatedPair.replicated();
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
    const pair = await ReplicatedPair.replicated();
    pair.write("primary", "a", "a1", undefined, { team: "web" });
    await pair.run();
    expect(await pair.clients.secondary.tags("a")).toEqual({ team: "web" });
  });

  it("takes a client's restore of an older replica for a write, which a later overwrite elsewhere does not replace", async () => {
    const pair = await ReplicatedPair.replicated();
    const [first] = pair.buckets.secondary.stack("a");
    pair.flip("secondary");
    await pair.run();
    pair.write("secondary", "a", "a2");
    pair.restore("secondary", "a", first?.versionId ?? "");
    pair.flip("primary");
    pair.write("primary", "a", "a3");
    expect(kinds(await pair.run())).toEqual(["conflict a"]);
    expect(pair.body("secondary", "a")).toBe("a1");
  });

  it("copies a restore to the other side, and what is written there later follows it", async () => {
    const pair = await ReplicatedPair.replicated();
    const [first] = pair.buckets.secondary.stack("a");
    pair.flip("secondary");
    pair.write("secondary", "a", "a2");
    await pair.run();
    pair.restore("secondary", "a", first?.versionId ?? "");
    expect(await pair.run()).toMatchObject({ copied: 1, exceptions: [] });
    expect(pair.body("primary", "a")).toBe("a1");
    pair.flip("primary");
    pair.write("primary", "a", "a3");
    expect(await pair.run()).toMatchObject({ copied: 1, exceptions: [] });
    expect(pair.body("secondary", "a")).toBe("a3");
  });

  it("takes a copy of the current replica onto itself for no write", async () => {
    const pair = await ReplicatedPair.replicated();
    const [replica] = pair.buckets.secondary.stack("a");
    pair.flip("secondary");
    await pair.run();
    pair.restore("secondary", "a", replica?.versionId ?? "");
    pair.flip("primary");
    pair.write("primary", "a", "a2");
    expect(await pair.run()).toMatchObject({ copied: 1, exceptions: [] });
    expect(pair.body("secondary", "a")).toBe("a2");
  });

  it("brings a restored object back where it was deleted", async () => {
    const pair = await ReplicatedPair.replicated();
    const [first] = pair.buckets.secondary.stack("a");
    pair.flip("secondary");
    pair.delete("secondary", "a");
    await pair.run();
    pair.restore("secondary", "a", first?.versionId ?? "");
    expect(await pair.run()).toMatchObject({ copied: 1, exceptions: [] });
    expect(pair.body("primary", "a")).toBe("a1");
  });
});

/** As MinIO shows the marker of a folder: its bucket is versioned, and yet nothing older remains of it. */
class FolderForgettingClient extends InMemoryObjectClient {
  public override async head(key: string, request?: ReadRequest): Promise<ObjectHead | undefined> {
    const head = await super.head(key, request);
    return head && key.endsWith("/") ? { ...head, versionId: "null" } : head;
  }
}

describe("markers of folders that a versioned store keeps no versions of (rules 5 and 7)", () => {
  const forgetful = (store: StoreName) =>
    ReplicatedPair.replicated({
      clientOf: (name, options) =>
        name === store ? new FolderForgettingClient(options) : new InMemoryObjectClient(options),
    });

  it("are not overwritten for their lineage, since the older one would be lost", async () => {
    const pair = await forgetful("primary");
    for (const key of ["folder/", "file"]) pair.write("primary", key, "original");
    await pair.run();
    pair.flip("secondary");
    for (const key of ["folder/", "file"]) pair.write("secondary", key, "overwritten");
    expect(kinds(await pair.run())).toEqual(["conflict folder/"]);
    expect(pair.body("primary", "file")).toBe("overwritten");
  });

  it("are not deleted either", async () => {
    const pair = await forgetful("secondary");
    for (const key of ["folder/", "file"]) pair.write("primary", key, "original");
    await pair.run();
    for (const key of ["folder/", "file"]) pair.delete("primary", key);
    const report = await pair.run();
    expect(report).toMatchObject({ removed: 1, exceptions: [{ key: "folder/", kind: "stray" }] });
    expect(report.exceptions[0]?.reason).toContain("keeps no versions of it");
    expect(pair.body("secondary", "folder/")).toBe("original");
  });
});

describe("stores without versions (rules 5 and 9)", () => {
  it.each(["primary", "secondary"] as const)(
    "copies what is absent, and over valid replicas, where the %s has none",
    async (store) => {
      const pair = await ReplicatedPair.replicated({ unversioned: [store] });
      pair.write("primary", "a", "a2");
      pair.write("primary", "c", "c1");
      expect(await pair.run()).toMatchObject({
        outcome: "clean",
        copied: 2,
        unversioned: [store],
        exceptions: [],
      });
      expect([pair.body("secondary", "a"), pair.body("secondary", "c")]).toEqual(["a2", "c1"]);
      await pair.run();
      expect(pair.puts).toEqual([]);
    },
  );

  it("follows a rewrite that changes headers only, once", async () => {
    const pair = await ReplicatedPair.replicated({ unversioned: ["primary"] });
    pair.write("primary", "a", "a1", { cacheControl: "no-store", metadata: {} });
    expect(await pair.run()).toMatchObject({ outcome: "clean", copied: 1, exceptions: [] });
    expect((await pair.clients.secondary.head("a"))?.headers.cacheControl).toBe("no-store");
    await pair.run();
    expect(pair.puts).toEqual([]);
  });

  it("replaces no headers that were written there and never replicated", async () => {
    const pair = await ReplicatedPair.replicated({ unversioned: ["primary"] });
    pair.write("primary", "a", "a1", { cacheControl: "no-store", metadata: {} });
    pair.flip("secondary");
    expect(kinds(await pair.run())).toEqual(["late a"]);
    expect((await pair.clients.primary.head("a"))?.headers.cacheControl).toBe("no-store");
  });

  it("replaces nothing there that a client wrote, though the source holds its replica: it would be lost", async () => {
    const pair = await ReplicatedPair.replicated({ unversioned: ["primary"] });
    pair.flip("secondary");
    pair.write("secondary", "a", "a2");
    expect(kinds(await pair.run())).toEqual(["conflict a"]);
    expect(pair.body("primary", "a")).toBe("a1");
  });

  it("adopts nothing there", async () => {
    const pair = new ReplicatedPair({ unversioned: ["secondary"] });
    pair.write("primary", "a", "same");
    pair.write("secondary", "a", "same");
    expect(await pair.run()).toMatchObject({ outcome: "clean", copied: 0, unchanged: 1 });
  });

  it("reads from them under a condition, so that a copy is of what was decided about", async () => {
    const pair = await ReplicatedPair.replicated({ unversioned: ["primary"] });
    pair.write("primary", "a", "a2");
    let raced = false;
    pair.intercept = (store, operation, key) => {
      if (raced || store !== "primary" || operation !== "get" || key !== "a") return;
      raced = true;
      pair.write("primary", "a", "a3");
    };
    expect(await pair.run()).toMatchObject({ outcome: "clean", copied: 1 });
    expect(pair.body("secondary", "a")).toBe("a3");
  });
});
