import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { DrillFigures } from "../evidence/figures";
import { worst } from "../evidence/worst";
import { PAGE_STYLE } from "./page-style";
import { htmlText } from "./plain-text";
import { duration, durationRange } from "./wording";

/** One report of a drill over several scenarios. */
export interface IndexEntry {
  /** Of the report, from the index's own folder. */
  readonly folder: string;
  readonly figures: DrillFigures;
  /** Why it came to no end, where it did not. */
  readonly problem?: string;
}

/** `index.json`: what each scenario came to, and where its report is. */
export interface DrillIndex {
  readonly passed: boolean;
  readonly scenarios: readonly {
    readonly id: string;
    readonly title: string;
    readonly passed: boolean;
    /** Path of `report.json`, from the index's folder. */
    readonly report: string;
    readonly startedAt: string;
    readonly machineSeconds: number;
    /** In the worst outage, in seconds of the real deployment; null when readers did not recover, or nothing was broken. */
    readonly rtoSeconds: number | null;
    readonly rpoSeconds: number | null;
    readonly lost: number | null;
    readonly problem?: string;
  }[];
}

/**
 * Writes `index.json` and `index.html` over several reports.
 *
 * @returns the paths of both
 */
export function writeIndex(
  folder: string,
  entries: readonly IndexEntry[],
): { readonly json: string; readonly html: string } {
  const index = indexOf(entries);
  const files = { json: join(folder, "index.json"), html: join(folder, "index.html") };
  mkdirSync(folder, { recursive: true });
  writeFileSync(files.json, `${JSON.stringify(index, undefined, 2)}\n`);
  writeFileSync(files.html, indexPage(index, entries));
  return files;
}

function indexOf(entries: readonly IndexEntry[]): DrillIndex {
  return {
    passed: entries.every(isPassed),
    scenarios: entries.map((entry) => {
      const { folder, figures, problem } = entry;
      return {
        id: figures.scenario?.id ?? "demo",
        title: figures.scenario?.title ?? "Failover drill",
        passed: isPassed(entry),
        report: `${folder}/report.json`,
        startedAt: figures.startedAt,
        machineSeconds: figures.machineSeconds,
        rtoSeconds: worst(figures.outages.map(({ rtoSeconds }) => rtoSeconds)),
        rpoSeconds: figures.rpo?.seconds ?? null,
        lost: figures.keys.lost?.length ?? null,
        problem,
      };
    }),
  };
}

function isPassed({ figures, problem }: IndexEntry): boolean {
  return figures.passed && problem === undefined;
}

function indexPage({ passed, scenarios }: DrillIndex, entries: readonly IndexEntry[]): string {
  const good = scenarios.filter((scenario) => scenario.passed).length;
  const verdict = `${good} of ${scenarios.length} scenarios came out as expected`;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>Failover drill: ${passed ? "passed" : "not passed"}</title>
<style>${PAGE_STYLE}</style>
</head>
<body>
<main>
<header>
<h1>Failover drill</h1>
<p class="verdict ${passed ? "good" : "bad"}">${passed ? "✔" : "✘"} ${htmlText(verdict)}</p>
<p class="muted">Seconds and minutes are of the real deployment, the last column's of the machine. Each title leads to the scenario's own report.</p>
</header>
<section id="scenarios">
<h2>Scenarios</h2>
<div class="scroll"><table>
<thead><tr>${["scenario", "what it shows", "readers", "predicted", "writers", "data at risk", "lost", "invariants", "took", "verdict"].map((head) => `<th scope="col">${head}</th>`).join("")}</tr></thead>
<tbody>
${entries.map(row).join("\n")}
</tbody>
</table></div>
</section>
</main>
</body>
</html>
`;
}

function row(entry: IndexEntry): string {
  const { folder, figures, problem } = entry;
  const { scenario, outages, recovery, rpo, keys, invariants, machineSeconds } = figures;
  const passed = isPassed(entry);
  const [outage] = outages;
  const rto = worst(outages.map(({ rtoSeconds }) => rtoSeconds));
  const applying = invariants.filter(({ holds, applies }) => holds !== undefined || applies);
  const wanting = problem ?? (passed ? "as expected" : "otherwise");
  const cells = [
    outages.length === 0 ? "–" : rto === null ? "not at all" : duration(rto),
    outage?.predictedSeconds ? durationRange(outage.predictedSeconds) : "–",
    recovery === null
      ? "–"
      : recovery.controlPlaneSeconds === null
        ? "not at all"
        : duration(recovery.controlPlaneSeconds),
    rpo === null ? "–" : duration(rpo.seconds),
    keys.lost === null ? "not known" : String(keys.lost.length),
    `${invariants.filter(({ holds }) => holds === true).length} of ${applying.length}`,
    duration(machineSeconds),
  ];
  const title = htmlText(scenario?.title ?? "Failover drill");
  return `<tr><td><a href="${htmlText(encodeURI(folder))}/report.html">${title}</a></td><td>${htmlText(scenario?.proves ?? "")}</td>${cells.map((cell) => `<td>${htmlText(cell)}</td>`).join("")}<td class="mark ${passed ? "good" : "bad"}">${passed ? "✔" : "✘"} ${htmlText(wanting)}</td></tr>`;
}
