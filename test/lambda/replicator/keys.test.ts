import { describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import { PROBE_KEY } from "../../../contract/state-keys";
import { ancestorsOf, shapesOf } from "../../../lambda/replicator/key-shape";
import { compareKeys } from "../../../lambda/s3/key-order";
import type { StoreError } from "../../../lambda/s3/store-error";
import { InMemoryObjectClient } from "../../support/in-memory-object-client";
import { PathLikeObjectClient } from "../../support/path-like-object-client";
import { kinds, ReplicatedPair, storeError } from "../../support/replicated-pair";

/** A standby whose keys are paths. */
function pathLike(): ReplicatedPair {
  return new ReplicatedPair({
    clientOf: (store, options) =>
      store === "secondary" ? new PathLikeObjectClient(options) : new InMemoryObjectClient(options),
  });
}

const ODD = {
  "leading-slash": "/a",
  "double-slash": "a//b",
  "dot-segment": "a/./b",
  "parent-segment": "a/../b",
  "long-segment": `folder/${"ä".repeat(128)}`,
} as const;

const tries = (pair: ReplicatedPair) =>
  pair.requests.filter((request) => request.startsWith("secondary put .storage-failover/probe/")).length;

describe("keys that a server cannot hold (rule 12)", () => {
  it.each(Object.entries(ODD))(
    "%s is reported and never copied where the standby has no place for it",
    async (shape, key) => {
      const pair = pathLike();
      pair.write("primary", key, "odd");
      pair.write("primary", "ordinary", "o");
      const report = await pair.run();
      expect(report).toMatchObject({
        outcome: "clean",
        copied: 1,
        exceptions: [{ key, kind: "unsupported" }],
      });
      expect(report.exceptions[0]?.reason).toContain(shape);
      expect(pair.puts).toEqual(["secondary ordinary"]);
      expect(kinds(await pair.run())).toEqual([`unsupported ${key}`]);
    },
  );

  it.each(Object.entries(ODD))("%s is copied where the standby holds it", async (_shape, key) => {
    const pair = new ReplicatedPair();
    pair.write("primary", key, "odd");
    expect(await pair.run()).toMatchObject({ outcome: "clean", copied: 1, exceptions: [] });
    expect(pair.body("secondary", key)).toBe("odd");
  });

  it("does not let a leading slash overwrite the key without it", async () => {
    const pair = pathLike();
    pair.write("primary", "a", "without");
    pair.write("primary", "/a", "with");
    expect(kinds(await pair.run())).toEqual(["unsupported /a"]);
    expect(pair.body("secondary", "a")).toBe("without");
  });

  it("never deletes such a key where it stands all the same", async () => {
    const pair = pathLike();
    pair.write("secondary", "a//b", "there");
    pair.write("primary", "a//b", "there");
    pair.delete("primary", "a//b");
    expect(kinds(await pair.run())).toEqual(["unsupported a//b"]);
    expect(pair.body("secondary", "a//b")).toBe("there");
  });

  it("knows each shape, and takes usual keys for usual", () => {
    for (const [shape, key] of Object.entries(ODD)) expect(shapesOf(key)).toEqual([shape]);
    expect(shapesOf("//")).toEqual(["leading-slash", "double-slash"]);
    for (const key of [
      "a",
      "a/",
      "a.b",
      "...",
      "a/.b",
      "a/b.",
      "..a/b",
      "s".repeat(255),
      `${"x/".repeat(500)}x`,
    ])
      expect([key, shapesOf(key)]).toEqual([key, []]);
    expect(ancestorsOf("a/b/c")).toEqual(["a", "a/b"]);
    expect(ancestorsOf("a/")).toEqual([]);
    expect(ancestorsOf("a/b/")).toEqual(["a"]);
  });
});

describe("keys above and below one another (rule 12)", () => {
  it("copies the upper one of two new keys, and reports the lower one", async () => {
    const pair = pathLike();
    for (const key of ["a", "a!", "a!x", "a/b", "a0"]) pair.write("primary", key, key);
    const report = await pair.run();
    expect(kinds(report)).toEqual(["unsupported a/b"]);
    expect(report.copied).toBe(4);
    expect(report.exceptions[0]?.reason).toContain("above or below another one");
  });

  it("reports the upper one where the lower one is there already, however far below", async () => {
    const pair = pathLike();
    pair.write("primary", "a/b/c", "below");
    await pair.run();
    for (const key of ["a", "a!", "a/b"]) pair.write("primary", key, key);
    expect(kinds(await pair.run())).toEqual(["unsupported a", "unsupported a/b"]);
    expect(pair.body("secondary", "a/b/c")).toBe("below");
    expect(kinds(await pair.run())).toEqual(["unsupported a", "unsupported a/b"]);
  });

  it("lets the marker of a folder stand beside its name", async () => {
    const pair = pathLike();
    for (const key of ["a", "a/"]) pair.write("primary", key, key);
    expect(await pair.run()).toMatchObject({ outcome: "clean", copied: 2, exceptions: [] });
  });

  it("knows what lies before the place where a pass goes on", async () => {
    const pair = pathLike();
    for (const key of ["a", "a!", "a/b"]) pair.write("primary", key, key);
    pair.intercept = (_store, operation, key) => {
      if (operation === "get" && key === "a") pair.clock.advance(10_000);
    };
    const first = await pair.run({ budgetMilliseconds: 5000, limits: { smallAtFirst: 1, smallAtMost: 1 } });
    expect(first.outcome).toBe("incomplete");
    pair.intercept = () => undefined;
    expect(kinds(await pair.run())).toEqual(["unsupported a/b"]);
    expect(pair.body("secondary", "a/b")).toBeUndefined();
  });

  it("asks once for a folder that lies before that place, and again only where the answer was lost", async () => {
    const pair = new ReplicatedPair();
    const names = Array.from({ length: 100 }, (_, index) => `folder/${String(index).padStart(3, "0")}`);
    for (const key of names) pair.write("primary", key, key);
    pair.intercept = (_store, operation, key) => {
      if (operation === "get" && key === names[0]) pair.clock.advance(10_000);
    };
    const limits = { smallAtFirst: 1, smallAtMost: 1 };
    const { copied } = await pair.run({ budgetMilliseconds: 5000, limits });
    pair.requests.length = 0;
    let lost = 0;
    pair.intercept = (store, operation, key) => {
      if (store !== "secondary" || operation !== "head" || key !== "folder" || lost === 2) return;
      lost += 1;
      throw storeError("unreachable");
    };
    expect(await pair.run()).toMatchObject({ outcome: "clean", copied: 100 - copied, retries: 2 });
    expect(pair.requests.filter((request) => request === "secondary head folder")).toHaveLength(3);
  });

  it("knows the key itself at which a range begins", async () => {
    const pair = pathLike();
    pair.write("primary", "a", "above");
    await pair.run();
    pair.write("primary", "a/b", "below");
    expect(kinds(await pair.runRange({ after: "a" }))).toEqual(["unsupported a/b"]);
    expect(pair.body("secondary", "a/b")).toBeUndefined();
  });

  it("looks beyond the page that has been read", async () => {
    const pair = pathLike();
    pair.write("primary", "a/b", "below");
    for (let index = 0; index < 1200; index += 1) pair.write("primary", `a!${index}`, "x");
    await pair.run();
    pair.write("primary", "a", "above");
    expect(kinds(await pair.run())).toEqual(["unsupported a"]);
  });

  it("asks for relatives where keys are looked at alone", async () => {
    const pair = pathLike();
    for (const key of ["a", "c/d"]) pair.write("primary", key, key);
    await pair.run();
    for (const key of ["a/b", "c", "e/f"]) pair.write("primary", key, key);
    const { settled } = await pair.runKeys(["a/b", "c", "e/f"]);
    expect([...settled].map(([key, { outcome }]) => `${outcome} ${key}`).toSorted()).toEqual([
      "copied e/f",
      "unsupported a/b",
      "unsupported c",
    ]);
  });

  it("never leaves two keys on such a store of which one lies below the other, whatever comes in what order", async () => {
    const name = fc.constantFrom("a", "a!", "a/b", "a/b/c", "a/b!", "a0", "b/", "b", "b/c");
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.array(name, { minLength: 1, maxLength: 4 }), { maxLength: 4 }),
        async (rounds) => {
          const pair = pathLike();
          for (const keys of rounds) {
            for (const key of keys) pair.write("primary", key, `${pair.clock.monotonic()}`);
            const report = await pair.run();
            const there = [...pair.buckets.secondary.keysFrom("")].filter((key) => !key.startsWith("."));
            for (const key of there)
              for (const folder of ancestorsOf(key))
                expect([key, there.includes(folder)]).toEqual([key, false]);
            const named = new Set(report.exceptions.map(({ key }) => key));
            const wanted = [...pair.buckets.primary.keysFrom("")].filter((key) => !key.startsWith("."));
            expect([...there, ...named].toSorted(compareKeys)).toEqual(wanted);
          }
        },
      ),
      { numRuns: 100, seed: 12 },
    );
  });

  it("does not ask the probe at all where no key has a relative", async () => {
    const pair = await ReplicatedPair.replicated();
    expect(pair.body("secondary", PROBE_KEY)).toBeUndefined();
  });
});

describe("what a store can hold is tried (rule 12)", () => {
  const DAY = 24 * 3_600_000;

  async function tried(): Promise<ReplicatedPair> {
    const pair = pathLike();
    pair.write("primary", "a//b", "odd");
    await pair.run();
    expect(tries(pair)).toBeGreaterThan(3);
    return pair;
  }

  it("once, and what was found is kept", async () => {
    const pair = await tried();
    await pair.run();
    expect(tries(pair)).toBe(0);
    expect(JSON.parse(pair.body("secondary", PROBE_KEY) ?? "{}")).toMatchObject({
      traits: { nests: false, cannotHold: Object.keys(ODD) },
    });
  });

  it("again after a week, since the server may be another one by then", async () => {
    const pair = await tried();
    pair.clock.advance(7 * DAY - 600_000);
    await pair.run();
    expect(tries(pair)).toBe(0);
    pair.clock.advance(600_000);
    await pair.run();
    expect(tries(pair)).toBeGreaterThan(3);
  });

  it("again where what an older release found is not understood", async () => {
    const pair = await tried();
    pair.write(
      "secondary",
      PROBE_KEY,
      JSON.stringify({ triedAt: new Date().toISOString(), traits: { nests: 1 } }),
    );
    expect(kinds(await pair.run())).toEqual(["unsupported a//b"]);
    expect(tries(pair)).toBeGreaterThan(3);
  });

  it("never in a dry run, which takes it for a store that holds everything until it was tried", async () => {
    const pair = pathLike();
    pair.write("primary", "a//b", "odd");
    expect(await pair.sync({ dryRun: true })).toMatchObject({ copied: 1, exceptions: [] });
    expect([...pair.buckets.secondary.keysFrom("")]).toEqual([]);
    await pair.run();
    pair.requests = [];
    expect(kinds(await pair.sync({ dryRun: true }))).toEqual(["unsupported a//b"]);
    expect(tries(pair)).toBe(0);
  });

  it("again in the same run where a trial failed for a moment", async () => {
    const pair = pathLike();
    pair.write("primary", "a//b", "odd");
    let failures = 0;
    pair.intercept = (_store, operation, key) => {
      if (operation !== "put" || !key?.endsWith("probe/parent") || failures > 0) return;
      failures += 1;
      throw storeError("throttled");
    };
    expect(kinds(await pair.run())).toEqual(["unsupported a//b"]);
    expect(failures).toBe(1);
  });

  it.each([
    ["throttled", "failed"],
    ["access-denied", "failed"],
  ] as const)("and a trial that was %s proves nothing", async (kind: StoreError["kind"], outcome) => {
    const pair = pathLike();
    pair.write("primary", "a//b", "odd");
    pair.intercept = (_store, operation, key) => {
      if (operation === "put" && key?.endsWith("probe/parent")) throw storeError(kind);
    };
    expect(kinds(await pair.run())).toEqual([`${outcome} a//b`]);
    expect(pair.body("secondary", PROBE_KEY)).toBeUndefined();
  });
});

describe("objects in an archive (rule 14)", () => {
  const archived = (pair: ReplicatedPair, key: string) => {
    pair.intercept = (store, operation, asked) => {
      if (store === "primary" && operation === "get" && asked === key) throw storeError("archived");
    };
  };
  const reads = (pair: ReplicatedPair, key: string) =>
    pair.requests.filter((request) => request === `primary get ${key}`).length;

  it.each([
    ["in one piece", (pair: ReplicatedPair) => void pair.write("primary", "c", "cold")],
    ["in parts", (pair: ReplicatedPair) => void pair.writeParts("primary", "c", ["co", "ld"])],
  ])("written %s are named, asked for once in a run, and hold nothing else up", async (_how, write) => {
    const pair = await ReplicatedPair.replicated();
    write(pair);
    pair.write("primary", "d", "warm");
    archived(pair, "c");

    const report = await pair.run();

    expect(report).toMatchObject({ outcome: "clean", copied: 1, retries: 0 });
    expect(report.exceptions).toEqual([
      { key: "c", kind: "unsupported", reason: expect.stringContaining("restore it") },
    ]);
    expect(reads(pair, "c")).toBeLessThanOrEqual(4);
    expect(pair.uploads("secondary")).toEqual([]);
    expect(pair.body("secondary", "d")).toBe("warm");
  });

  it("are copied by the first run after somebody restored them", async () => {
    const pair = await ReplicatedPair.replicated();
    pair.write("primary", "c", "cold");
    archived(pair, "c");
    await pair.run();
    pair.intercept = () => undefined;

    expect(await pair.run()).toMatchObject({ outcome: "clean", copied: 1, exceptions: [] });
    expect(pair.body("secondary", "c")).toBe("cold");
  });

  it("are left alone by the standby, whose replica of them stays as it is", async () => {
    const pair = await ReplicatedPair.replicated();
    archived(pair, "a");

    expect(await pair.run()).toMatchObject({ outcome: "clean", unchanged: 2, exceptions: [] });
    expect(reads(pair, "a")).toBe(0);
    expect(pair.body("secondary", "a")).toBe("a1");
  });
});
