/** What must go red when a guard is gone. */
export type Proof = TestProof | DrillProof;

/** The tests of a file whose full name contains `named`; one of them has to fail. */
export interface TestProof {
  /** Relative to the repository. */
  readonly test: string;
  readonly named: string;
}

/** A scenario that must not come out as expected. */
export interface DrillProof {
  readonly drill: string;
}

/** A guard, and how it is disabled. */
export interface Mutation {
  /** As it is chosen on the command line. */
  readonly name: string;
  /** What no longer holds. */
  readonly without: string;
  /** Relative to the repository. */
  readonly file: string;
  /** Stands in the file exactly once. */
  readonly text: string;
  /** What takes its place. */
  readonly by: string;
  /** At least one; every one of them must go red. */
  readonly proofs: readonly Proof[];
}

/** The code has changed, and the mutation would change nothing, or something else than was meant. */
export class StaleMutationError extends Error {
  public override readonly name = "StaleMutationError";
}

/**
 * The source without its guard.
 *
 * @throws StaleMutationError when the text is not there exactly once
 */
export function mutated(source: string, { name, file, text, by }: Mutation): string {
  const found = source.split(text).length - 1;
  if (found === 1) return source.replace(text, () => by);
  throw new StaleMutationError(
    `${name}: its text stands ${found} times in ${file}; change the mutation together with the code`,
  );
}

export function isDrill(proof: Proof): proof is DrillProof {
  return "drill" in proof;
}

export function proofText(proof: Proof): string {
  return isDrill(proof) ? `drill ${proof.drill}` : `${proof.test} › ${proof.named}`;
}
