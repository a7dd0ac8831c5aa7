import { describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import { changedPaths } from "../../stacks/plan-difference";

describe("changed paths", () => {
  it.each<[string, Record<string, unknown>, Record<string, unknown>, string[]]>([
    ["nothing, whatever the order of keys", { edge: { a: 1, b: [2] } }, { edge: { b: [2], a: 1 } }, []],
    ["the innermost value", { edge: { a: { b: 1, c: 2 } } }, { edge: { a: { b: 1, c: 3 } } }, ["edge: a.c"]],
    ["a list as a whole", { edge: { pools: ["x", "y"] } }, { edge: { pools: ["y", "x"] } }, ["edge: pools"]],
    ["what was added, where it was added", { edge: {} }, { edge: { a: { b: 1 } } }, ["edge: a"]],
    ["what was removed", { edge: { a: { b: 1 }, c: 1 } }, { edge: { c: 1 } }, ["edge: a"]],
    ["a change of kind", { edge: { a: [] } }, { edge: { a: {} } }, ["edge: a"]],
    ["a stack that is new or gone", { primary: {} }, { edge: {} }, ["edge", "primary"]],
    [
      "every stack, sorted",
      { primary: { z: 1 }, edge: { a: 1 } },
      { primary: { z: 2 }, edge: { a: 2 } },
      ["edge: a", "primary: z"],
    ],
  ])("name %s", (_what, before, after, expected) => {
    expect(changedPaths(before, after)).toEqual(expected);
  });

  it("are none exactly when both are equal, and the same both ways", () => {
    const plans = fc.dictionary(fc.constantFrom("edge", "primary"), fc.jsonValue({ maxDepth: 3 }), {
      noNullPrototype: true,
    });
    fc.assert(
      fc.property(plans, plans, (before, after) => {
        expect(changedPaths(before, before)).toEqual([]);
        expect(changedPaths(before, after)).toEqual(changedPaths(after, before));
        expect(changedPaths(before, after).length === 0).toBe(
          JSON.stringify(sorted(before)) === JSON.stringify(sorted(after)),
        );
      }),
      { seed: 3, numRuns: 500 },
    );
  });
});

/** Keys in one order, so that text can be compared. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) {
    return value.map(sorted);
  }
  if (typeof value !== "object" || value === null) {
    // JSON has no negative zero; a plan is JSON.
    return value;
  }
  return Object.fromEntries(
    Object.entries(value)
      .sort(([one], [other]) => (one < other ? -1 : 1))
      .map(([key, inner]) => [key, sorted(inner)]),
  );
}
