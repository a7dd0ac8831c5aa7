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

/** Rows of the document, by the mutation's name. */
export type Rows = ReadonlyMap<string, string>;

export function rowOf({ mutation, verdicts }: MutationResult): string {
  const cells = [
    `\`${mutation.name}\``,
    cell(mutation.without),
    `[${baseName(mutation.file)}](../${mutation.file})`,
    verdicts.map(proofCell).join("<br>"),
  ];
  return `| ${cells.join(" | ")} |`;
}

/** The row of a mutation whose proofs all went red. */
export function redRowOf(mutation: Mutation): string {
  return rowOf({ mutation, verdicts: mutation.proofs.map((proof) => ({ proof, colour: "red", why: "" })) });
}

/** The rows of a document that was written before, without those of mutations that have changed since. */
export function keptRows(document: string): Rows {
  const lines = new Set(document.split("\n"));
  return new Map(
    MUTATION_ROOMS.flatMap(({ mutations }) => mutations)
      .map((mutation) => [mutation.name, redRowOf(mutation)] as const)
      .filter(([, row]) => lines.has(row)),
  );
}

/** The whole document; mutations without a row are left out. */
export function mutationsDocument(rows: Rows): string {
  const written = MUTATION_ROOMS.map(({ title, mutations }) => ({
    title,
    shown: mutations.filter(({ name }) => rows.has(name)),
  }));
  const all = written.flatMap(({ shown }) => shown);
  const missed = all.filter((mutation) => rows.get(mutation.name) === redRowOf(mutation));
  const proofs = missed.flatMap((mutation) => mutation.proofs);
  const drills = proofs.filter(isDrill).length;
  return `# Mutations

Written by \`npx tsx scripts/mutations.ts --write\`. Each guard was taken away, alone, in a copy of the sources; the tests and drills
that are named beside it passed with the guard, and had to fail without it.

**${missed.length} of ${all.length} guards are missed when they are gone**: ${proofs.length - drills} tests or groups of tests went red, and ${drills} drills.

${written.map(({ title, shown }) => roomText(title, shown, rows)).join("\n\n")}
`;
}

function roomText(title: string, shown: readonly Mutation[], rows: Rows): string {
  return [
    `## ${title}`,
    "",
    "| mutation | what no longer holds | where | went red |",
    "|---|---|---|---|",
    ...shown.map(({ name }) => rows.get(name)),
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
