import { isDrill, type Proof, proofText, type TestProof } from "./mutation";

/** What a run of tests came to. */
export interface TestRun {
  readonly tests: readonly TestOutcome[];
  /** Files that could not even be loaded, with the first words of why. */
  readonly unloadable: readonly string[];
}

export interface TestOutcome {
  /** Relative to the repository. */
  readonly file: string;
  /** With the names of its groups. */
  readonly name: string;
  readonly passed: boolean;
}

/** What a scenario came to. */
export interface DrillRun {
  readonly scenario: string;
  /** Undefined: it could not be played, or its answer is no answer. */
  readonly passed: boolean | undefined;
}

export interface Runs {
  readonly tests: TestRun;
  readonly drills: readonly DrillRun[];
}

/**
 * - `red`: as it must be.
 * - `green`: nobody misses the guard.
 * - `broken`: it was not green with the guard, or does not run without it, so it tells nothing.
 */
export type Colour = "red" | "green" | "broken";

export interface ProofVerdict {
  readonly proof: Proof;
  readonly colour: Colour;
  /** What went red, or what is wrong. */
  readonly why: string;
}

/** @param whole - what the same runs came to with every guard in place */
export function judgeProof(proof: Proof, whole: Runs, without: Runs): ProofVerdict {
  const [colour, why] = isDrill(proof)
    ? judgeDrill(proof.drill, whole, without)
    : judgeTests(proof, whole, without);
  return { proof, colour, why };
}

function judgeDrill(scenario: string, whole: Runs, without: Runs): readonly [Colour, string] {
  const outcome = ({ drills }: Runs) => drills.find((run) => run.scenario === scenario)?.passed;
  if (outcome(whole) !== true) return ["broken", "does not pass with the guard either"];
  const passed = outcome(without);
  if (passed === undefined) return ["broken", "could not be played"];
  return passed ? ["green", "comes out as expected"] : ["red", "does not come out as expected"];
}

function judgeTests(proof: TestProof, whole: Runs, without: Runs): readonly [Colour, string] {
  const [unloadable] = without.tests.unloadable.filter((text) => text.startsWith(proof.test));
  if (unloadable !== undefined) return ["broken", unloadable];
  const of = ({ tests }: Runs) =>
    tests.tests.filter(({ file, name }) => file === proof.test && name.includes(proof.named));
  const known = of(whole);
  if (known.length === 0) return ["broken", "no test is called so"];
  const failing = known.filter(({ passed }) => !passed);
  if (failing.length > 0) return ["broken", `fails with the guard, too: ${failing[0]?.name}`];
  const red = of(without).filter(({ passed }) => !passed);
  if (red.length > 0) return ["red", red.map(({ name }) => name).join("; ")];
  return of(without).length === 0 ? ["broken", "did not run"] : ["green", `${known.length} tests pass`];
}

/** A pattern for `jest -t` that takes the tests of all these proofs, and maybe more. */
export function namePattern(proofs: readonly TestProof[]): string {
  return [...new Set(proofs.map(({ named }) => named.replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&")))].join("|");
}

/** One line of what became of a mutation. */
export function verdictText(verdicts: readonly ProofVerdict[]): string {
  const wrong = verdicts.filter(({ colour }) => colour !== "red");
  if (wrong.length === 0) return `${verdicts.length} of ${verdicts.length} red`;
  return wrong.map(({ proof, colour, why }) => `${colour}: ${proofText(proof)} (${why})`).join("\n     ");
}
