import { describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import { HEALTH_KEY, isReservedKey, STATE_PREFIX } from "../../../contract/state-keys";
import { join, type Pair, type Window } from "../../../lambda/replicator/diff";
import { compareKeys } from "../../../lambda/s3/key-order";
import type { ListedObject } from "../../../lambda/s3/object-client";

const object = (key: string, etag = "e"): ListedObject => ({ key, etag, size: 1, lastModified: new Date(0) });

const byBytes = (a: string, b: string) => Buffer.compare(Buffer.from(a), Buffer.from(b));

/** Few different characters, so that two listings share keys; on both sides of the surrogates, and astral. */
const character = fc.constantFrom(
  "a",
  "b",
  "/",
  "%",
  "\u{7f}",
  "é",
  "\u{d7ff}",
  "\u{e000}",
  "\u{ffff}",
  "\u{10000}",
  "\u{1f600}",
);
const key = fc.oneof(
  { weight: 20, arbitrary: fc.string({ unit: character, minLength: 1, maxLength: 5 }) },
  { weight: 1, arbitrary: fc.constantFrom(HEALTH_KEY, `${STATE_PREFIX}epoch.json`, STATE_PREFIX) },
);
const listing = fc
  .uniqueArray(key, { maxLength: 30 })
  .map((keys) => keys.sort(byBytes).map((one) => object(one, `etag of ${one}`)));

/** Reads both listings in pages of the given sizes, as a run does. */
function joinByPages(
  sides: { source: ListedObject[]; destination: ListedObject[] },
  pages: { source: number; destination: number },
) {
  const pairs: Pair[] = [];
  const rest = { source: [...sides.source], destination: [...sides.destination] };
  const refill = (side: "source" | "destination", window: Window): Window => {
    if (window.objects.length > 0 || window.complete) return window;
    const objects = rest[side].splice(0, pages[side]);
    return { objects, complete: rest[side].length === 0 };
  };
  let source: Window = { objects: [], complete: false };
  let destination: Window = { objects: [], complete: false };
  while (![source, destination].every((window) => window.complete && window.objects.length === 0)) {
    const joined = join(refill("source", source), refill("destination", destination));
    pairs.push(...joined.pairs);
    ({ source, destination } = joined);
  }
  return pairs;
}

/** What the join must come to, without any cleverness. */
function naive(source: ListedObject[], destination: ListedObject[]): Pair[] {
  const keys = new Set(
    [...source, ...destination].map((one) => one.key).filter((one) => !isReservedKey(one)),
  );
  return [...keys].sort(byBytes).map((one) => ({
    key: one,
    ...(source.some((other) => other.key === one) && { source: source.find((other) => other.key === one) }),
    ...(destination.some((other) => other.key === one) && {
      destination: destination.find((other) => other.key === one),
    }),
  }));
}

describe("the order of keys", () => {
  it("is that of their UTF-8 bytes, above U+FFFF too", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), fc.string({ unit: "binary" }), (a, b) => {
        expect(Math.sign(compareKeys(a, b))).toBe(byBytes(a, b));
      }),
      { numRuns: 2000, seed: 1 },
    );
    expect(compareKeys("\u{ffff}", "\u{10000}")).toBeLessThan(0);
    expect(["\u{ffff}", "\u{10000}"].sort()).toEqual(["\u{10000}", "\u{ffff}"]);
  });
});

describe("the join of two listings", () => {
  it("equals a naive model for 10,000 pairs of listings, whatever the sizes of their pages", () => {
    const pageSize = fc.integer({ min: 1, max: 8 });
    fc.assert(
      fc.property(
        listing,
        listing,
        pageSize,
        pageSize,
        (source, destination, sourcePage, destinationPage) => {
          const pairs = joinByPages(
            { source, destination },
            { source: sourcePage, destination: destinationPage },
          );
          expect(pairs).toEqual(naive(source, destination));
        },
      ),
      { numRuns: 10_000, seed: 20_261_121 },
    );
  });

  it("decides no key that the other listing may still show", () => {
    const joined = join(
      { objects: [object("b"), object("d")], complete: false },
      { objects: [object("a"), object("b")], complete: false },
    );
    expect(joined.pairs.map((pair) => pair.key)).toEqual(["a", "b"]);
    expect(joined.source.objects.map((one) => one.key)).toEqual(["d"]);
  });
});
