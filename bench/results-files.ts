import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { describeMachine, type Machine } from "./machine";
import { replicationChart } from "./replication/chart";
import { replicationMarkdown } from "./replication/markdown";
import type { Sample } from "./replication/rounds";
import type { ReplicationResult } from "./replication/run-replication";
import { type Row, summarize } from "./replication/summary";
import { WORKLOADS } from "./replication/workloads";
import { type Row as SynthesisRow, synthesisTable } from "./synthesis/results";

/** What was measured when; each part is kept until it is measured again. */
export interface Results {
  readonly synthesis?: SynthesisResult & { readonly machine: Machine };
  readonly replication?: ReplicationPart;
}

type ReplicationPart = ReplicationResult & { readonly machine: Machine };

export interface SynthesisResult {
  readonly rounds: number;
  readonly rows: readonly SynthesisRow[];
}

/** Writes the parts that were measured, then the page and the picture from all parts that there are. */
export function writeResults(folder: string, measured: Results): void {
  mkdirSync(path.join(folder, "results"), { recursive: true });
  const { synthesis, replication } = measured;
  if (synthesis) writeLines(folder, "synthesis", [synthesis]);
  if (replication) {
    const { samples, ...head } = replication;
    writeLines(folder, "replication", [head, ...samples]);
  }
  const all = readResults(folder);
  writeFileSync(path.join(folder, "RESULTS.md"), resultsPage(all));
  if (all.replication) {
    writeFileSync(path.join(folder, "replication.svg"), replicationChart(rowsOf(all.replication)));
  }
}

/** What was written last; the files are this module's own. */
export function readResults(folder: string): Results {
  const [synthesis] = readLines(folder, "synthesis");
  const [head, ...samples] = readLines(folder, "replication");
  return {
    ...(synthesis !== undefined && { synthesis: synthesis as Results["synthesis"] }),
    ...(head !== undefined && {
      replication: { ...(head as Omit<ReplicationPart, "samples">), samples: samples as Sample[] },
    }),
  };
}

function writeLines(folder: string, part: string, lines: readonly object[]): void {
  writeFileSync(fileOf(folder, part), lines.map((line) => `${JSON.stringify(line)}\n`).join(""));
}

function readLines(folder: string, part: string): unknown[] {
  const file = fileOf(folder, part);
  if (!existsSync(file)) return [];
  return readFileSync(file, "utf8")
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as unknown);
}

/** JSON lines: what was measured on what, then one line for each run. */
function fileOf(folder: string, part: string): string {
  return path.join(folder, "results", `${part}.jsonl`);
}

/** The figures, which follow from the runs. */
export function rowsOf({ samples }: ReplicationResult): readonly Row[] {
  return summarize(WORKLOADS, samples);
}

/** Everything as one Markdown page. */
export function resultsPage({ synthesis, replication }: Results): string {
  const parts = ["# Timings", "Compare ratios, not seconds: ratios travel between machines."];
  if (replication) {
    const { machine, rounds, scale, rclone, notPinned } = replication;
    parts.push(
      "## Replication",
      ...(scale < 1
        ? [`**Tried out with ${scale} of the objects: what these figures show is mostly starting up.**`]
        : []),
      `Made by \`npm run bench -- replication --rounds ${rounds} --write\`.`,
      `${describeMachine(machine)}, rclone ${rclone ?? "could not be had"}, medians of ${rounds} rounds.` +
        (notPinned === undefined ? "" : ` Programs were not kept on one core each: ${notPinned}.`),
      "![Processor time to replicate, as multiples of this replicator's](replication.svg)",
      replicationMarkdown(rowsOf(replication)),
    );
  }
  if (synthesis) {
    const { machine, rounds, rows } = synthesis;
    parts.push(
      "## Synthesis and cold start",
      `Made by \`npm run bench -- synthesis --rounds ${rounds} --write\`.`,
      `${describeMachine(machine)}, medians of ${rounds} rounds.`,
      synthesisTable(rows),
    );
  }
  return `${parts.join("\n\n")}\n`;
}
