import { readFileSync } from "node:fs";
import path from "node:path";
import { measure } from "./measure";
import { type Row, toRows } from "./results";
import { coldStartSubjects, synthesisSubjects } from "./subjects";

/** Synthesis and cold start, `rounds` times. */
export async function runSynthesis(
  root: string,
  folder: string,
  rounds: number,
  signal: AbortSignal,
): Promise<readonly Row[]> {
  const zip = readFileSync(path.join(root, "assets", "replicator.zip"));
  const subjects = [...synthesisSubjects(folder), ...coldStartSubjects(zip, path.join(folder, "function"))];
  const samples = await measure(subjects, rounds, signal, (round) =>
    console.error(round === 0 ? "   synthesis: warming up" : `   synthesis: round ${round} of ${rounds}`),
  );
  return toRows(subjects, samples);
}
