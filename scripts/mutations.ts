import { existsSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { parseArgs } from "node:util";
import { ALL_MUTATIONS } from "./mutations/all-mutations";
import {
  isDrill,
  type Mutation,
  mutated,
  type Proof,
  proofText,
  StaleMutationError,
} from "./mutations/mutation";
import { runProofs } from "./mutations/run-proofs";
import { SourceCopy } from "./mutations/source-copy";
import { isMissed, keptRows, type MutationResult, mutationsDocument, rowOf } from "./mutations/table";
import { judgeProof, type Runs, verdictText } from "./mutations/trial";

/** Takes each guard away, alone, and looks whether anybody misses it. */
const USAGE = `npx tsx scripts/mutations.ts [name …] [--jobs 1] [--no-drills] [--list | --json | --write]

Takes guards away, one at a time, in a copy of the sources; what is named beside each must then fail.
--list prints the mutations, --no-drills leaves scenarios out, --write puts what became of them into docs/mutations.md.
Exit codes: 0 every guard is missed · 1 one is not, or its mutation does not fit the code any more · 2 wrong use · 130 interrupted`;

const root = path.join(__dirname, "..");
const DOCUMENT = path.join(root, "docs", "mutations.md");

interface Trial {
  readonly jobs: number;
  readonly signal: AbortSignal;
  readonly say: (line: string) => void;
}

async function tryAll(mutations: readonly Mutation[], trial: Trial): Promise<readonly MutationResult[]> {
  const copies: SourceCopy[] = [];
  try {
    for (let job = 0; job < trial.jobs; job++) copies.push(new SourceCopy(root));
    const whole = await runWhole(copies, mutations, trial);
    const waiting = mutations.values();
    const results: MutationResult[] = [];
    await Promise.all(
      copies.map(async (copy) => {
        for (const mutation of waiting) {
          const result = await tryOne(copy, mutation, whole, trial.signal);
          trial.say(` ${isMissed(result) ? "✔" : "✘"} ${mutation.name}: ${verdictText(result.verdicts)}`);
          results.push(result);
        }
      }),
    );
    return mutations.flatMap((mutation) => results.filter((result) => result.mutation === mutation));
  } finally {
    for (const copy of copies) copy.remove();
  }
}

/** Every guard in place: what does not pass then tells nothing when it fails later. */
async function runWhole(
  copies: readonly SourceCopy[],
  mutations: readonly Mutation[],
  { say, signal }: Trial,
): Promise<Runs> {
  say("what is to go red, with every guard in place …");
  const proofs = mutations.flatMap((mutation) => mutation.proofs);
  const places = [...new Set(proofs.map(placeOf))];
  const runs = await Promise.all(
    copies.map((copy, share) => {
      const own = proofs.filter((proof) => places.indexOf(placeOf(proof)) % copies.length === share);
      return runProofs(copy.folder, own, signal);
    }),
  );
  return {
    tests: {
      tests: runs.flatMap(({ tests }) => tests.tests),
      unloadable: runs.flatMap(({ tests }) => tests.unloadable),
    },
    drills: runs.flatMap(({ drills }) => drills),
  };
}

function placeOf(proof: Proof): string {
  return isDrill(proof) ? proof.drill : proof.test;
}

async function tryOne(
  copy: SourceCopy,
  mutation: Mutation,
  whole: Runs,
  signal: AbortSignal,
): Promise<MutationResult> {
  const without = await copy.without(mutation, () => runProofs(copy.folder, mutation.proofs, signal));
  return { mutation, verdicts: mutation.proofs.map((proof) => judgeProof(proof, whole, without)) };
}

/** @throws RangeError for a name that no mutation has */
function chosen(names: readonly string[], drills: boolean): readonly Mutation[] {
  const unknown = names.find((name) => !ALL_MUTATIONS.some((mutation) => mutation.name === name));
  if (unknown !== undefined) throw new RangeError(`there is no mutation "${unknown}"; see --list`);
  return ALL_MUTATIONS.filter(({ name }) => names.length === 0 || names.includes(name)).flatMap(
    (mutation) => {
      const proofs = mutation.proofs.filter((proof) => drills || !isDrill(proof));
      return proofs.length === 0 ? [] : [{ ...mutation, proofs }];
    },
  );
}

async function main(signal: AbortSignal): Promise<number> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      jobs: { type: "string", default: "1" },
      "no-drills": { type: "boolean" },
      list: { type: "boolean" },
      json: { type: "boolean" },
      write: { type: "boolean" },
      help: { type: "boolean" },
    },
  });
  if (values.help) {
    console.log(USAGE);
    return 0;
  }
  const jobs = Number(values.jobs);
  if (!Number.isSafeInteger(jobs) || jobs < 1) throw new RangeError("--jobs is a number from 1");
  if (values.write && values["no-drills"]) throw new RangeError("--write wants the drills, too");
  const mutations = chosen(positionals, !values["no-drills"]);
  if (values.list) {
    for (const { name, without, proofs } of mutations) {
      console.log([`${name}: without that ${without}`, ...proofs.map(proofText)].join("\n     "));
    }
    return 0;
  }
  for (const mutation of mutations) {
    mutated(readFileSync(path.join(root, mutation.file), "utf8"), mutation);
  }
  const began = performance.now();
  const say = (line: string) => console.error(line);
  const results = await tryAll(mutations, { jobs, signal, say });
  const minutes = Math.ceil((performance.now() - began) / 60_000);
  const missed = results.filter(isMissed).length;
  say(`${missed} of ${results.length} guards are missed when they are gone, ${minutes} min`);
  if (values.json) {
    const told = results.map(({ mutation, verdicts }) => ({ name: mutation.name, verdicts }));
    console.log(JSON.stringify({ mutations: told, missed, minutes }, null, 2));
  }
  if (values.write) {
    const before = existsSync(DOCUMENT) ? readFileSync(DOCUMENT, "utf8") : "";
    const rows = results.map((result) => [result.mutation.name, rowOf(result)] as const);
    writeFileSync(DOCUMENT, mutationsDocument(new Map([...keptRows(before), ...rows])));
  }
  return missed === results.length ? 0 : 1;
}

const interruption = new AbortController();
process.once("SIGINT", () => interruption.abort());

main(interruption.signal).then(
  (code) => {
    process.exitCode = code;
  },
  (error: unknown) => {
    if (interruption.signal.aborted) process.exitCode = 130;
    else {
      console.error(error instanceof Error ? error.message : error);
      process.exitCode = error instanceof StaleMutationError ? 1 : 2;
    }
  },
);
