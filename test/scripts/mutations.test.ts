import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "@jest/globals";
import { ALL_MUTATIONS } from "../../scripts/mutations/all-mutations";
import { isDrill, type Mutation, mutated, StaleMutationError } from "../../scripts/mutations/mutation";
import { isMissed, keptRows, mutationsDocument, redRowOf, rowOf } from "../../scripts/mutations/table";
import { judgeProof, namePattern, type Runs } from "../../scripts/mutations/trial";

const root = join(__dirname, "..", "..");
const read = (file: string) => readFileSync(join(root, file), "utf8");

const MUTATION: Mutation = {
  name: "cap-gone",
  without: "there is a cap",
  file: "cap.ts",
  text: "if (many) return;",
  by: "$& is no pattern",
  proofs: [{ test: "test/cap.test.ts", named: "caps" }, { drill: "mass-delete" }],
};
const [TESTED, DRILLED] = MUTATION.proofs;
if (TESTED === undefined || DRILLED === undefined) throw new Error("two proofs");

interface Played {
  /** Whether the test passed; absent: it did not run. */
  readonly test?: boolean;
  readonly unloadable?: boolean;
  readonly drill?: boolean;
}

function runs({ test, unloadable, drill }: Played): Runs {
  const file = "test/cap.test.ts";
  return {
    tests: {
      tests: [
        ...(test === undefined ? [] : [{ file, name: "a run caps deletions", passed: test }]),
        // Never looked at: another name, and another file.
        { file, name: "a run reports", passed: false },
        { file: "test/other.test.ts", name: "caps", passed: false },
      ],
      unloadable: unloadable ? [`${file}: unexpected token`] : [],
    },
    drills: [{ scenario: "mass-delete", passed: drill }],
  };
}

const WHOLE = runs({ test: true, drill: true });

describe("the mutations of this repository", () => {
  it("fit the code as it is, each under a name of its own", () => {
    const stale = ALL_MUTATIONS.flatMap((mutation) => {
      try {
        return mutated(read(mutation.file), mutation) === read(mutation.file) ? [mutation.name] : [];
      } catch (error) {
        return [String(error)];
      }
    });
    expect(stale).toEqual([]);
    expect(new Set(ALL_MUTATIONS.map(({ name }) => name)).size).toBe(ALL_MUTATIONS.length);
  });

  it("name tests and scenarios that there are", () => {
    const places = ALL_MUTATIONS.flatMap(({ proofs }) =>
      proofs.map((proof) => (isDrill(proof) ? `drill/scenarios/${proof.drill}.yaml` : proof.test)),
    );
    expect([...new Set(places)].filter((place) => !existsSync(join(root, place)))).toEqual([]);
    expect(ALL_MUTATIONS.filter(({ proofs }) => proofs.length === 0)).toEqual([]);
  });

  it("are all in docs/mutations.md, as they are, and were all missed", () => {
    const rows = new Map(ALL_MUTATIONS.map((mutation) => [mutation.name, redRowOf(mutation)]));
    expect(read("docs/mutations.md")).toBe(mutationsDocument(rows));
  });
});

describe("a mutation", () => {
  it("takes the place of its text, as it is written", () => {
    expect(mutated("a; if (many) return; b", MUTATION)).toBe("a; $& is no pattern b");
  });

  it.each([
    ["is gone", "if (more) return;"],
    ["is there twice", "if (many) return; if (many) return;"],
  ])("is stale when its text %s", (_what, source) => {
    expect(() => mutated(source, MUTATION)).toThrow(StaleMutationError);
  });
});

describe("a guard that is gone", () => {
  it.each([
    ["its tests fail", { test: false }, "red", "a run caps deletions"],
    ["its tests pass", { test: true }, "green", "1 tests pass"],
    ["its tests did not run", {}, "broken", "did not run"],
    ["its tests cannot be loaded", { unloadable: true }, "broken", "unexpected token"],
  ] as const)("where %s", (_what, played, colour, why) => {
    expect(judgeProof(TESTED, WHOLE, runs(played))).toMatchObject({
      colour,
      why: expect.stringContaining(why),
    });
  });

  it.each([
    ["its scenario comes out otherwise", { drill: false }, "red"],
    ["its scenario comes out as expected", { drill: true }, "green"],
    ["its scenario cannot be played", {}, "broken"],
  ] as const)("where %s", (_what, played, colour) => {
    expect(judgeProof(DRILLED, WHOLE, runs(played)).colour).toBe(colour);
  });

  it.each([
    ["did not pass before", runs({ test: false, drill: false })],
    ["were not there before", runs({})],
  ])("is proven by nothing that %s", (_what, whole) => {
    for (const proof of MUTATION.proofs) {
      expect(judgeProof(proof, whole, runs({ test: false, drill: false })).colour).toBe("broken");
    }
  });

  it("is missed only where every proof goes red, and the document says which does not", () => {
    const [mutation = MUTATION, other = MUTATION] = ALL_MUTATIONS;
    const result = (played: Played) => ({
      mutation,
      verdicts: MUTATION.proofs.map((proof) => judgeProof(proof, WHOLE, runs(played))),
    });
    const [missed, survivor] = [result({ test: false, drill: false }), result({ test: false, drill: true })];
    expect([isMissed(missed), isMissed(survivor)]).toEqual([true, false]);
    const document = mutationsDocument(
      new Map([
        [mutation.name, rowOf(survivor)],
        [other.name, redRowOf(other)],
      ]),
    );
    expect(document).toContain("**1 of 2 guards are missed");
    expect(document).toContain("**green** drill [mass-delete]");
    // What is written later keeps what was missed before, and nothing else.
    expect([...keptRows(document).keys()]).toEqual([other.name]);
  });
});

describe("the names of tests", () => {
  it("are no patterns", () => {
    const pattern = new RegExp(
      namePattern([
        { test: "a", named: "rule (1)" },
        { test: "b", named: "2 + 2?" },
      ]),
    );
    for (const name of ["by rule (1)", "is 2 + 2? yes"]) expect(name).toMatch(pattern);
    expect("rule 1").not.toMatch(pattern);
  });
});
