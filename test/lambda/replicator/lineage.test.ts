import { describe, expect, it } from "@jest/globals";
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

  it("takes equal objects for equal, even if no replication made them so", async () => {
    const pair = await ReplicatedPair.replicated();
    pair.write("primary", "c", "same");
    pair.write("secondary", "c", "same");
    expect(await pair.run()).toMatchObject({ outcome: "clean", unchanged: 3, copied: 0 });
  });
});

describe("lineage (rule 5)", () => {
  it("lets an overwrite follow its replica", async () => {
    const pair = await ReplicatedPair.replicated();
    pair.write("primary", "a", "a2");
    expect((await pair.run()).copied).toBe(1);
    expect(pair.body("secondary", "a")).toBe("a2");
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
});
