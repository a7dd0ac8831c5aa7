import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import { CountAhead } from "../../cli/progress/count-ahead";
import { Pace } from "../../cli/progress/pace";
import { progressText } from "../../cli/progress/progress-text";
import type { Difference } from "../../cli/verify/difference";
import { ReportFile } from "../../cli/verify/report-file";
import { MOST_NAMED_DIFFERENCES, type VerifyReport } from "../../cli/verify/verify-report";
import { type VerifyOptions, verifyStores } from "../../cli/verify/verify-stores";
import { verifySummary } from "../../cli/verify/verify-summary";
import { STATE_PREFIX } from "../../contract/state-keys";
import type { ObjectHeaders, ObjectTags } from "../../lambda/s3/object-client";
import { StoreError, type StoreErrorKind } from "../../lambda/s3/store-error";
import { ReplicatedPair } from "../support/replicated-pair";

function verify(pair: ReplicatedPair, options: Partial<VerifyOptions> = {}): Promise<VerifyReport> {
  const { primary: source, secondary: destination } = pair.clients;
  const { clock } = pair;
  return verifyStores({ source, destination, depth: "headers", clock, random: () => 0, ...options });
}

/** Keys with what they differ in, as in `b size`. */
function found({ differences }: Pick<VerifyReport, "differences">): string[] {
  return differences.map(
    ({ key, findings }) => `${key} ${[...new Set(findings.map(({ aspect }) => aspect))].join("+")}`,
  );
}

function refusal(kind: StoreErrorKind, key = ""): StoreError {
  return new StoreError(`GetObject bucket/${key}: ${kind}`, {
    kind,
    operation: "GetObject",
    bucket: "b",
    key,
  });
}

type WrittenObject = readonly [body: string, headers?: ObjectHeaders, tags?: ObjectTags];

const DEPTHS = ["listings", "headers", "bytes"] as const;

describe("verify", () => {
  it.each(DEPTHS)("finds two replicated stores equal by %s, stamps and state aside", async (depth) => {
    const pair = await ReplicatedPair.replicated();
    pair.write("primary", `${STATE_PREFIX}own`, "not compared");
    expect(await verify(pair, { depth })).toMatchObject({
      outcome: "equal",
      compared: depth,
      keys: 2,
      equal: 2,
      different: 0,
      unreadable: 0,
      bytesRead: depth === "bytes" ? 8 : 0,
    });
  });

  it("names each key that differs, and in what, as deep as it looks", async () => {
    const pair = await ReplicatedPair.replicated();
    const plain = { contentType: "text/plain", metadata: {} };
    const pairs: readonly (readonly [string, WrittenObject, WrittenObject])[] = [
      ["c-size", ["long"], ["short"]],
      ["d-etag", ["one"], ["two"]],
      ["e-type", ["x", plain], ["x"]],
      ["f-meta", ["x", { metadata: { a: "1" } }], ["x"]],
      ["g-tags", ["x", plain, { t: "1" }], ["x", plain]],
    ];
    for (const [key, primary, secondary] of pairs) {
      pair.write("primary", key, ...primary);
      pair.write("secondary", key, ...secondary);
    }
    pair.write("primary", "h-here", "x");
    pair.write("secondary", "i-there", "x");

    const listed = ["c-size size", "d-etag etag"];
    const absent = ["h-here presence", "i-there presence"];
    const headers = ["e-type headers", "f-meta metadata"];
    expect(found(await verify(pair, { depth: "listings" }))).toEqual([...listed, ...absent]);
    expect(found(await verify(pair))).toEqual([...listed, ...headers, ...absent]);
    const deep = await verify(pair, { depth: "bytes" });
    expect(found(deep)).toEqual(["c-size size", "d-etag bytes", ...headers, "g-tags tags", ...absent]);
    expect(deep).toMatchObject({
      outcome: "different",
      keys: 9,
      equal: 2,
      different: 7,
      differencesByAspect: { presence: 2, size: 1, etag: 0, headers: 1, metadata: 1, bytes: 1, tags: 1 },
    });
    const text = verifySummary(deep, undefined);
    expect(text).toContain(
      'headers: content-type: "text/plain" on the source, "binary/octet-stream" on the destination',
    );
    expect(text).toContain("7 keys differ");
  });

  it("believes bytes rather than ETags, which depend on how an object was put", async () => {
    const pair = new ReplicatedPair();
    pair.writeParts("primary", "parts", ["one", "two"]);
    pair.write("secondary", "parts", "onetwo");
    const shallow = await verify(pair);
    expect(found(shallow)).toEqual(["parts etag"]);
    expect(shallow.differences[0]?.findings[0]?.detail).toContain("only --deep can tell");
    expect(await verify(pair, { depth: "bytes" })).toMatchObject({
      outcome: "equal",
      equalInSpiteOfEtags: 1,
    });
  });

  it("asks again before it calls a key different that was replicated in the meantime", async () => {
    const pair = await ReplicatedPair.replicated();
    pair.write("primary", "new", "x");
    pair.intercept = (store, operation) => {
      if (store === "primary" && operation === "head") pair.write("secondary", "new", "x");
    };
    expect(await verify(pair, { prefix: "new" })).toMatchObject({ outcome: "equal", keys: 1 });
  });

  it("looks at an object again that changes while it is read, and gives up on one that always does", async () => {
    const pair = await ReplicatedPair.replicated();
    let changes = 1;
    pair.intercept = (store, operation, key) => {
      if (store !== "secondary" || operation !== "get" || key !== "a" || changes === 0) return;
      changes -= 1;
      for (const both of ["primary", "secondary"] as const) pair.write(both, "a", `a${changes}`);
    };
    expect(await verify(pair, { depth: "bytes" })).toMatchObject({ outcome: "equal" });
    changes = 100;
    expect(await verify(pair, { depth: "bytes" })).toMatchObject({
      outcome: "unfinished",
      equal: 1,
      unreadableKeys: [{ key: "a" }],
    });
  });

  it("takes tags that may not be read for what they are: unread", async () => {
    const pair = await ReplicatedPair.replicated();
    pair.intercept = (store, operation, key) => {
      if (store === "primary" && operation === "tags") throw refusal("access-denied", key);
    };
    expect(await verify(pair, { depth: "bytes" })).toMatchObject({ outcome: "unfinished", unreadable: 2 });
  });

  it("repeats what may pass, and is not finished where a key cannot be read", async () => {
    const pair = await ReplicatedPair.replicated();
    let failures = 3;
    pair.intercept = (_store, operation, key) => {
      if (operation === "head" && key === "a" && failures > 0) {
        failures -= 1;
        throw refusal("throttled", key);
      }
      if (operation === "head" && key === "b") throw refusal("access-denied", key);
    };
    const report = await verify(pair);
    expect(report).toMatchObject({ outcome: "unfinished", equal: 1, unreadable: 1, different: 0 });
    expect(report.unreadableKeys).toEqual([{ key: "b", reason: "GetObject bucket/b: access-denied" }]);
    expect(verifySummary(report, undefined)).toContain("not finished: 1 key could not be read");
  });

  it("keeps what it found when a listing ends early or it is asked to stop", async () => {
    const pair = await ReplicatedPair.replicated();
    pair.write("primary", "a0", "only here");
    pair.intercept = (store, operation) => {
      if (store === "secondary" && operation === "list") throw refusal("access-denied");
    };
    expect(await verify(pair)).toMatchObject({
      outcome: "unfinished",
      reason: expect.stringContaining("denied"),
    });

    pair.intercept = () => undefined;
    const stop = new AbortController();
    const onCompared = () => stop.abort();
    const stopped = await verify(pair, { concurrency: 1, signal: stop.signal, onCompared });
    expect(stopped).toMatchObject({ outcome: "unfinished", reason: "interrupted" });
    expect(stopped.keys).toBeLessThan(3);
  });

  it("finds exactly the keys that differ, over random stores", async () => {
    const bodies = fc.option(fc.constantFrom("", "x", "y"), { nil: undefined });
    const sides = fc
      .tuple(bodies, bodies)
      .filter(([left, right]) => left !== undefined || right !== undefined);
    const contents = fc.dictionary(fc.string({ unit: "grapheme", minLength: 1, maxLength: 3 }), sides, {
      maxKeys: 12,
    });
    await fc.assert(
      fc.asyncProperty(contents, fc.constantFrom(...DEPTHS), async (objects, depth) => {
        const pair = new ReplicatedPair();
        for (const [key, [left, right]] of Object.entries(objects)) {
          if (left !== undefined) pair.write("primary", key, left);
          if (right !== undefined) pair.write("secondary", key, right);
        }
        const expected = Object.entries(objects).filter(([, [left, right]]) => left !== right);
        const report = await verify(pair, { depth, concurrency: 3 });
        expect(report.differences.map(({ key }) => key).sort()).toEqual(expected.map(([key]) => key).sort());
        expect(report.keys).toBe(Object.keys(objects).length);
      }),
      { seed: 4, numRuns: 150 },
    );
  });

  it("names 1,000 differences and hands on all of them", async () => {
    const pair = new ReplicatedPair();
    for (let index = 0; index < 1200; index += 1) pair.write("primary", `k${index}`, "x");
    const handed: Difference[] = [];
    const report = await verify(pair, { depth: "listings", onDifference: (one) => handed.push(one) });
    expect([report.different, report.differences.length, handed.length]).toEqual([
      1200,
      MOST_NAMED_DIFFERENCES,
      1200,
    ]);
    expect(verifySummary(report, "all.json")).toContain("… and 1,180 more; all are in all.json");
  });
});

describe("a report file", () => {
  it("is whole JSON under its name, or not there", () => {
    const folder = mkdtempSync(join(tmpdir(), "report-file-"));
    try {
      const path = join(folder, "report.json");
      const difference: Difference = {
        key: "\u{1F600}\n",
        findings: [{ aspect: "size", detail: "x".repeat(70_000) }],
      };
      for (const differences of [[], [difference, difference]]) {
        const file = new ReportFile(path);
        for (const one of differences) file.add(one);
        const earlier = differences.length > 0;
        expect(readdirSync(folder)).toContain(`report.json.${process.pid}.part`);
        expect(readdirSync(folder).includes("report.json")).toBe(earlier);
        file.finish({ outcome: "different" });
        expect(JSON.parse(readFileSync(path, "utf8"))).toEqual({ differences, outcome: "different" });
      }
      rmSync(path);
      new ReportFile(path).discard();
      expect(readdirSync(folder)).toEqual([]);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

describe("progress", () => {
  const MEGABYTE = 1_000_000;

  it("estimates from the last half minute, by whichever takes longer", () => {
    const pace = new Pace(0);
    expect(pace.secondsLeft({ keys: 10, bytes: 10 })).toBeUndefined();
    pace.note(10_000, { keys: 1000, bytes: MEGABYTE });
    expect(pace.rate()).toEqual({ keysPerSecond: 100, bytesPerSecond: MEGABYTE / 10 });
    expect(pace.secondsLeft({ keys: 3000, bytes: 2 * MEGABYTE })).toBe(20);
    expect(pace.secondsLeft({ keys: 1100, bytes: 11 * MEGABYTE })).toBe(100);
    pace.note(40_000, { keys: 1300, bytes: MEGABYTE });
    pace.note(70_000, { keys: 1600, bytes: MEGABYTE });
    expect(pace.rate()?.keysPerSecond).toBe(10);
    expect(pace.secondsLeft({ keys: 1700, bytes: 5 * MEGABYTE })).toBeUndefined();
    expect(pace.secondsLeft({ keys: 1500, bytes: 0 })).toBe(0);
  });

  it("says how much is left once the listing was counted, from where the walk began", async () => {
    const pair = new ReplicatedPair();
    for (const key of ["a", "b", "c", "d"]) pair.write("primary", key, "12345");
    pair.write("primary", `${STATE_PREFIX}own`, "not counted");
    const ahead = new CountAhead(pair.clients.primary, undefined, new AbortController().signal);
    expect(ahead.total).toBeUndefined();
    await ahead.run("b");
    // The first key is counted by whoever has done it.
    expect(ahead.total).toEqual({ keys: 2, bytes: 10 });

    const pace = {
      rate: () => ({ keysPerSecond: 400.4, bytesPerSecond: 12 * MEGABYTE }),
      secondsLeft: () => 7,
    };
    const done = { keys: 1200, bytes: 0 };
    expect(progressText(done, { keys: 4000, bytes: 0 }, pace, ["30 copied"])).toBe(
      "1,200 of about 4,000 keys · 30 copied · 400 keys/s, 12 MB/s · about 7 s left",
    );
    expect(progressText(done, undefined, { rate: () => undefined, secondsLeft: () => 7 }, [])).toBe(
      "1,200 keys",
    );
  });

  it("goes without an estimate where counting fails", async () => {
    const pair = new ReplicatedPair();
    pair.intercept = () => {
      throw refusal("unreachable");
    };
    const ahead = new CountAhead(pair.clients.primary, undefined, new AbortController().signal);
    await ahead.run("");
    expect(ahead.total).toBeUndefined();
  });
});
