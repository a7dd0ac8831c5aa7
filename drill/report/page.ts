import { PAGE_STYLE } from "./page-style";
import { htmlText } from "./plain-text";
import type { BigFigure, ReportContents, ReportTable, State } from "./report-shape";

const MARKS: Readonly<Record<State, string>> = { good: "✔", bad: "✘", unknown: "–" };

/** Tables that are narrow enough to stand beside another. */
const NARROW = new Set(["moments", "run", "exceptions", "lost"]);

/**
 * The report as one page that asks nobody for anything: no script, no font, no picture from elsewhere.
 *
 * @param picture - the timeline as SVG, made by this program and trusted
 */
export function reportPage(contents: ReportContents, picture: string): string {
  const wide = contents.tables.filter(({ id }) => !NARROW.has(id));
  const narrow = contents.tables.filter(({ id }) => NARROW.has(id));
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>${htmlText(contents.title)}: ${contents.passed ? "passed" : "not passed"}</title>
<style>${PAGE_STYLE}</style>
</head>
<body>
<main>
<header>
<h1>${htmlText(contents.title)}</h1>
<p class="verdict ${contents.passed ? "good" : "bad"}">${MARKS[contents.passed ? "good" : "bad"]} ${htmlText(contents.verdict)}</p>
${shortcomings(contents.shortcomings)}
<p class="muted">${htmlText(contents.setting)}</p>
</header>
<div class="figures">
${contents.bigFigures.map(bigFigure).join("\n")}
</div>
${timelineFigure(picture)}
${wide.map(table).join("\n")}
<div class="sides">
${narrow.map(table).join("\n")}
</div>
</main>
</body>
</html>
`;
}

function shortcomings(lines: readonly string[]): string {
  if (lines.length === 0) return "";
  return `<ul class="shortcomings">${lines.map((line) => `<li>${htmlText(line)}</li>`).join("")}</ul>`;
}

function bigFigure({ label, value, meaning, state }: BigFigure): string {
  return `<div class="figure ${state}">
<div class="label">${MARKS[state]} ${htmlText(label)}</div>
<div class="value">${htmlText(value)}</div>
<div class="meaning">${htmlText(meaning)}</div>
</div>`;
}

function timelineFigure(picture: string): string {
  const keys = [
    ["primary", "served by primary"],
    ["secondary", "served by secondary"],
    ["failed", "failed, or broken on purpose"],
    ["unhealthy", "unhealthy for the edge"],
    ["paused", "writer holds back"],
    ["operator", "operator's command"],
  ];
  const legend = keys
    .map(([name, text]) => `<span class="key" style="--swatch: var(--${name})">${text}</span>`)
    .join("");
  const described = picture.replace(
    /^<svg /,
    '<svg role="img" aria-label="Timeline of the drill; the same is told in words under What happened." ',
  );
  return `<figure>
<figcaption>${legend}<br>Time to answer, good reads: 50 % solid, 95 % dashed, 99 % dotted; milliseconds of this machine, on a logarithmic scale.</figcaption>
<div class="scroll">${described}</div>
</figure>`;
}

function table({ id, title, note, columns, rows }: ReportTable): string {
  const hasHead = columns.some((column) => column !== "");
  const head = columns.map((column) => `<th scope="col">${htmlText(column)}</th>`).join("");
  return `<section id="${id}">
<h2>${htmlText(title)}</h2>
${note === undefined ? "" : `<p class="note">${htmlText(note)}</p>`}
<div class="scroll"><table>
${hasHead ? `<thead><tr>${head}</tr></thead>` : ""}
<tbody>
${rows.map(({ cells, state }) => `<tr>${cells.map((cell, index) => tableCell(cell, index === cells.length - 1 ? state : undefined)).join("")}</tr>`).join("\n")}
</tbody>
</table></div>
</section>`;
}

function tableCell(text: string, state: State | undefined): string {
  return state === undefined
    ? `<td>${htmlText(text)}</td>`
    : `<td class="mark ${state}">${MARKS[state]} ${htmlText(text)}</td>`;
}
