import { MUTATION_ROOMS } from "./all-mutations";
import { isDrill, type Mutation, type Proof } from "./mutation";
import type { ProofVerdict } from "./trial";

/** What became of one mutation. */
export interface MutationResult {
  readonly mutation: Mutation;
  readonly verdicts: readonly ProofVerdict[];
}

export function isMissed({ verdicts }: MutationResult): boolean {
  return verdicts.every(({ colour }) => colour === "red");
}

/** The whole document. */
export function mutationsDocument(results: readonly MutationResult[], minutes: number): string {
  const missed = results.filter(isMissed).length;
  const proofs = results.flatMap(({ verdicts }) => verdicts);
  const red = proofs.filter(({ colour }) => colour === "red");
  const drills = red.filter(({ proof }) => isDrill(proof)).length;
  return `# Mutations

Written by \`npx tsx scripts/mutations.ts --write\`. Each guard was taken away, alone, in a copy of the sources; the tests and drills
that are named beside it passed with the guard, and had to fail without it.

**${missed} of ${results.length} guards are missed when they are gone**: ${red.length - drills} groups of tests and ${drills} drills went red. It took ${minutes} min.

${MUTATION_ROOMS.map((room) =>
  roomText(
    room.title,
    results.filter(({ mutation }) => room.mutations.includes(mutation)),
  ),
).join("\n\n")}
`;
}

function roomText(title: string, results: readonly MutationResult[]): string {
  const rows = results.map(
    (result) =>
      `| \`${result.mutation.name}\` | ${cell(result.mutation.without)} | [${baseName(result.mutation.file)}](../${result.mutation.file}) | ${result.verdicts.map(proofCell).join("<br>")} |`,
  );
  return [
    `## ${title}`,
    "",
    "| mutation | what no longer holds | where | went red |",
    "|---|---|---|---|",
    ...rows,
  ].join("\n");
}

function proofCell({ proof, colour, why }: ProofVerdict): string {
  const text = proofLink(proof);
  return colour === "red" ? text : `**${colour}** ${text}: ${cell(why)}`;
}

function proofLink(proof: Proof): string {
  if (isDrill(proof)) return `drill [${proof.drill}](../drill/scenarios/${proof.drill}.yaml)`;
  return `[${baseName(proof.test)}](../${proof.test}): ${cell(proof.named)}`;
}

function baseName(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}

function cell(text: string): string {
  return text.replaceAll("|", "\\|").replaceAll("\n", " ");
}
