import { PAGE_STYLE } from "../report/page-style";
import { htmlText } from "../report/plain-text";
import { distributionPicture } from "./distribution-picture";
import { figureRows, shown, shownDifference } from "./figure-rows";
import type { VirtualReport } from "./virtual-report";

/** The distributions as one page that asks nobody for anything. */
export function virtualPage(report: VirtualReport): string {
  const rows = figureRows(report.figures);
  const verdict = report.figures.agrees ? "as predicted" : "not as predicted";
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>Virtual drill of ${htmlText(report.hostname)}: ${verdict}</title>
<style>${PAGE_STYLE}</style>
</head>
<body>
<main>
<header>
<h1>Virtual drill of ${htmlText(report.hostname)}</h1>
<p class="verdict ${report.figures.agrees ? "good" : "bad"}">${report.figures.agrees ? "✔" : "✘"} ${report.runs.toLocaleString("en-US")} outages of each kind came out ${verdict}</p>
<p class="muted">${htmlText(report.setting)}</p>
</header>
${table(
  "Figures",
  ["", "best", "median", "mean", "95 %", "worst", "predicted mean", "difference", "predicted worst"],
  rows.map(({ title, unit, figure }) => [
    title,
    ...[
      figure.measured.best,
      figure.measured.median,
      figure.measured.mean,
      figure.measured.p95,
      figure.measured.worst,
      figure.predicted.mean,
    ].map((value) => shown(value, unit)),
    shownDifference(figure),
    shown(figure.predicted.worst, unit),
  ]),
)}
${rows
  .filter(({ figure }) => figure.measured.worst > 0)
  .map(
    ({ title, unit, figure }) => `<figure>
<figcaption>${htmlText(title)}</figcaption>
<div class="scroll">${described(distributionPicture({ title, unit: unit === "s" ? "seconds" : "writes", figure }), title)}</div>
</figure>`,
  )
  .join("\n")}
${comparisonTable(report)}
</main>
</body>
</html>
`;
}

function comparisonTable({ comparison }: VirtualReport): string {
  if (comparison === undefined) return "";
  const [first] = comparison.rows;
  const titles = first === undefined ? [] : figureRows(first.figures).map(({ short }) => short);
  const rows = comparison.rows.map(({ value, figures }) => [
    value.toLocaleString("en-US"),
    ...figureRows(figures).map(({ unit, figure }) =>
      [figure.measured.median, figure.measured.p95, figure.measured.worst]
        .map((each) => shown(each, unit).replace(` ${unit}`, ""))
        .join(" · "),
    ),
  ]);
  return table(
    `By ${comparison.name}: median · 95 % · worst, in seconds or writes`,
    [comparison.name, ...titles],
    rows,
  );
}

function table(title: string, columns: readonly string[], rows: readonly (readonly string[])[]): string {
  const head = columns.map((column) => `<th scope="col">${htmlText(column)}</th>`).join("");
  const body = rows.map((cells) => `<tr>${cells.map((cell) => `<td>${htmlText(cell)}</td>`).join("")}</tr>`);
  return `<section>
<h2>${htmlText(title)}</h2>
<div class="scroll"><table>
<thead><tr>${head}</tr></thead>
<tbody>
${body.join("\n")}
</tbody>
</table></div>
</section>`;
}

function described(picture: string, title: string): string {
  return picture.replace(/^<svg /, `<svg role="img" aria-label="Distribution: ${htmlText(title)}" `);
}
