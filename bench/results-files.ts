import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { describeMachine, type Machine } from "./machine";
import { replicationChart } from "./replication/chart";
import { replicationMarkdown } from "./replication/markdown";
import type { ReplicationResult } from "./replication/run-replication";
import { type Row as SynthesisRow, synthesisTable } from "./synthesis/results";

/** What was measured when; each part is kept until it is measured again. */
export interface Results {
  readonly synthesis?: SynthesisResult & { readonly machine: Machine };
  readonly replication?: ReplicationResult & { readonly machine: Machine };
}

export interface SynthesisResult {
  readonly rounds: number;
  readonly rows: readonly SynthesisRow[];
}

/** Writes the parts that were measured, then the page and the picture from all parts that there are. */
export function writeResults(folder: string, measured: Results): void {
  mkdirSync(path.join(folder, "results"), { recursive: true });
  const fileOf = (part: string) => path.join(folder, "results", `${part}.json`);
  for (const [part, result] of Object.entries(measured)) {
    writeFileSync(fileOf(part), `${JSON.stringify(result, null, 1)}\n`);
  }
  const read = (part: string): unknown =>
    existsSync(fileOf(part)) ? JSON.parse(readFileSync(fileOf(part), "utf8")) : undefined;
  // The files are this function's own.
  const all = { synthesis: read("synthesis"), replication: read("replication") } as Results;
  writeFileSync(path.join(folder, "RESULTS.md"), resultsPage(all));
  if (all.replication)
    writeFileSync(path.join(folder, "replication.svg"), replicationChart(all.replication.rows));
}

/** Everything as one Markdown page. */
export function resultsPage({ synthesis, replication }: Results): string {
  const parts = ["# Timings", "Compare ratios, not seconds: ratios travel between machines."];
  if (replication) {
    const { machine, rounds, rclone, notPinned, rows } = replication;
    parts.push(
      "## Replication",
      `Made by \`npm run bench -- replication --rounds ${rounds} --write\`.`,
      `${describeMachine(machine)}, rclone ${rclone ?? "could not be had"}, medians of ${rounds} rounds.` +
        (notPinned === undefined ? "" : ` Programs were not kept on one core each: ${notPinned}.`),
      "![Processor time to replicate, as multiples of this replicator's](replication.svg)",
      replicationMarkdown(rows),
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
