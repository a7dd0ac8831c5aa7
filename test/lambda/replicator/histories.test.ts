import { createHash } from "node:crypto";
import { describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import type { RunReport } from "../../../lambda/replicator/report";
import { type Fault, WatchedPair } from "./watched-pair";

/** Few keys, contents and headers, so that the same ones meet again and again. */
const key = fc.constantFrom("a", "b", "c");
const body = fc.constantFrom("x", "y");
const look = fc.constantFrom("plain", "headers", "metadata", "tags", "unsupported", "keeps all metadata");
/** How the store makes the ETag: of one part, of several, or of something secret. */
const form = fc.constantFrom("single", "single", "single", "multipart", "encrypted");

const write = fc.record({
  type: fc.constant("write" as const),
  stale: fc.constantFrom(false, false, false, true),
  key,
  body,
  look,
  form,
});
const wait = fc.constantFrom(0, 0, 1_000, 21_000, 29_000, 400_000);
const at = fc.integer({ min: 1, max: 40 });
const fault: fc.Arbitrary<Fault> = fc.oneof(
  fc.record({
    at,
    wait,
    type: fc.constant("fail" as const),
    kind: fc.constantFrom("unreachable", "access-denied", "precondition-failed", "timeout", "server-error"),
  }),
  fc.record({ at, wait, type: fc.constantFrom("crash", "lose answer", "flip", "wait") }),
  fc.record({ at, wait, type: fc.constant("write" as const), stale: fc.boolean(), key, body }),
);
const runs = fc.record({
  type: fc.constant("runs" as const),
  budgets: fc.oneof(
    { weight: 4, arbitrary: fc.constant([600_000]) },
    { weight: 2, arbitrary: fc.constant([0]) },
    { weight: 2, arbitrary: fc.constant([25_000]) },
    { weight: 2, arbitrary: fc.constant([600_000, 600_000]) },
  ),
  faults: fc.oneof(
    { weight: 2, arbitrary: fc.constant([]) },
    { weight: 3, arbitrary: fc.array(fault, { maxLength: 4 }) },
  ),
  turns: fc.array(fc.integer({ min: 0, max: 3 }), { maxLength: 5 }),
});
type Runs = typeof runs extends fc.Arbitrary<infer T> ? T : never;
const CALM: Runs = { type: "runs", budgets: [600_000], faults: [], turns: [] };
const step = fc.oneof(
  { weight: 6, arbitrary: write },
  { weight: 2, arbitrary: fc.record({ type: fc.constant("delete" as const), key }) },
  { weight: 2, arbitrary: fc.record({ type: fc.constant("flip" as const), wait }) },
  { weight: 4, arbitrary: fc.constant(CALM) },
  { weight: 4, arbitrary: runs },
);
type Write = typeof write extends fc.Arbitrary<infer T> ? T : never;
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

function md5(text: string): string {
  return createHash("md5").update(text).digest("hex");
}

function put(pair: WatchedPair, { stale, key: name, body: text, look: kind, form: made }: Write): void {
  const store = stale ? pair.standby : pair.active;
  const kept = pair.object(store, name)?.headers.metadata ?? {};
  const looks: Record<Write["look"], Record<string, string>> = {
    plain: {},
    headers: {},
    tags: {},
    metadata: { colour: "blue" },
    unsupported: { long: "x".repeat(1950) },
    "keeps all metadata": { ...kept, edited: `${pair.count}` },
  };
  const metadata = looks[kind];
  const content = Buffer.from(text);
  pair.clock.advance(1000);
  pair.buckets[store].put(name, {
    parts: [{ content, size: content.length, etag: made === "encrypted" ? md5(`${pair.count}`) : md5(text) }],
    multipart: made === "multipart",
    headers: { metadata, ...(kind === "headers" && { cacheControl: "no-cache" }) },
    tags: kind === "tags" ? { team: "web" } : {},
  });
}

async function live(pair: WatchedPair, steps: readonly Step[]): Promise<RunReport[]> {
  const last: RunReport[] = [];
  for (const one of steps) {
    if (one.type === "write" || one.type === "delete") await pair.noteFlip();
    if (one.type === "write") put(pair, one);
    if (one.type === "delete") pair.delete(pair.active, one.key);
    if (one.type === "flip") {
      pair.flipOver();
      pair.clock.advance(one.wait);
    }
    if (one.type === "runs")
      last.splice(0, last.length, ...(await pair.runs(one.budgets, one.faults, one.turns)));
  }
  return last;
}

describe("random histories", () => {
  it("keep the invariants, and converge when the faults stop", async () => {
    const seen = new Map<string, number>();
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 2, maxLength: 14 }), async (steps) => {
        const pair = new WatchedPair();
        await live(pair, steps);
        pair.clock.advance(60_000);
        // The first run may only end a pass that was interrupted.
        await live(pair, [CALM]);
        await live(pair, [CALM]);
        const [report] = await live(pair, [CALM]);
        expect(report?.outcome).toBe("clean");
        expect(pair.puts).toEqual([]);
        if (report) pair.checkParity(report);
        pair.checkNothingDisappeared();
        expect(pair.violations).toEqual([]);
        for (const { kind } of report?.exceptions ?? []) seen.set(kind, (seen.get(kind) ?? 0) + 1);
      }),
      { numRuns: 800, seed: 20_260_301 },
    );
    // Histories that end well by never meeting anything would prove nothing.
    expect([...seen.keys()].toSorted()).toEqual(["conflict", "deleted", "late", "stray", "unsupported"]);
  });
});
